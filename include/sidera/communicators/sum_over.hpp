// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/order_free_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// The value of `sum` over all ranks: the bits that one rank with all the terms would have.
template <Communicator C>
[[nodiscard]] double sum_over(C const& ranks, order_free_sum sum) {
  std::array<std::int64_t, order_free_sum::integer_count> integers;
  sum.integers(integers);
  ranks.sum(integers);
  sum.set_integers(integers);
  return sum.value();
}

}  // namespace sidera::inline SIDERA_ABI
