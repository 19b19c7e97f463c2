// SPDX-License-Identifier: MIT
#include <sidera/disentangling/hierarchical_dcid.hpp>

#include "train_with.hpp"

namespace program {

trained train_hierarchical_dcid(settings const& s, std::vector<view_rows> const& train,
                                std::vector<view_rows> const& test, std::uint64_t seed, sidera::executor_ref executor) {
  sidera::hierarchical_dcid<>::options_type o;
  set_common(o, s);
  o.second = o.objective;
  return train_with<sidera::hierarchical_dcid<>>(o, s, train, test, seed, executor);
}

}  // namespace program
