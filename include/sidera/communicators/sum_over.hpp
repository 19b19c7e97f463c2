// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/order_free_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// The values of `sums` over all ranks, in one call: the bits that one rank with all the terms would have.
template <Communicator C>
[[nodiscard]] std::vector<double> sum_over(C const& ranks, std::vector<order_free_sum> sums) {
  constexpr std::size_t n = order_free_sum::integer_count;
  std::vector<std::int64_t> integers(n * sums.size());
  for (std::size_t k = 0; k < sums.size(); ++k)
    sums[k].integers(std::span<std::int64_t, n>(integers.data() + n * k, n));
  ranks.sum(integers);
  std::vector<double> values;
  for (std::size_t k = 0; k < sums.size(); ++k) {
    sums[k].set_integers(std::span<std::int64_t const, n>(integers.data() + n * k, n));
    values.push_back(sums[k].value());
  }
  return values;
}
template <Communicator C>
[[nodiscard]] double sum_over(C const& ranks, order_free_sum sum) {
  return sum_over(ranks, std::vector{sum}).front();
}

}  // namespace sidera::inline SIDERA_ABI
