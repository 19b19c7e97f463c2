// SPDX-License-Identifier: MIT
#pragma once
/// \file  A sink of simd::word_scan for tests that look at rows one by one.
#include <cstddef>

namespace laws {

/// Calls visit(i, list) for each row of a block.
template <class Visit>
auto each_row(Visit visit) {
  return [visit](std::size_t first, auto lists) mutable {
    for (std::size_t i = 0; i < lists.size(); ++i) visit(first + i, lists[i]);
  };
}

}  // namespace laws
