// SPDX-License-Identifier: MIT
#include <sidera/disentangling/fcid.hpp>

#include "train_with.hpp"

namespace program {

trained train_fcid(settings const& s, std::vector<view_rows> const& train, std::vector<view_rows> const& test,
                   std::uint64_t seed, sidera::executor_ref executor) {
  sidera::fcid<>::options_type o;
  set_common(o, s);
  o.fine = o.objective;
  return train_with<sidera::fcid<>>(o, s, train, test, seed, executor);
}

}  // namespace program
