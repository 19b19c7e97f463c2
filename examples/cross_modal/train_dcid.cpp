// SPDX-License-Identifier: MIT
#include <sidera/disentangling/dcid.hpp>

#include "train_with.hpp"

namespace program {

trained train_dcid(settings const& s, std::vector<view_rows> const& train, std::vector<view_rows> const& test,
                   std::uint64_t seed, sidera::executor_ref executor) {
  sidera::dcid<>::options_type o;
  set_common(o, s);
  return train_with<sidera::dcid<>>(o, s, train, test, seed, executor);
}

}  // namespace program
