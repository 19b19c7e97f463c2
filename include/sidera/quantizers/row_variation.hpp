// SPDX-License-Identifier: MIT
#pragma once
/// \file  The parts of the relative error, in a fixed order of operations: \ref order_free_sum adds them up.
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/simd/exact_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// |row|^2 in double.
template <Scalar T>
[[nodiscard]] double squared_length(std::span<T const> row) noexcept {
  return simd::exact_sum(
      row.size(), [](auto sum, auto v) { return simd::multiply_add(v, v, sum); }, row.data());
}

/// |row - mean|^2 in double.
template <Scalar T>
[[nodiscard]] double squared_deviation(std::span<T const> row, std::span<double const> mean) noexcept {
  auto const step = [](auto sum, auto v, auto m) {
    auto const difference = v - m;
    return simd::multiply_add(difference, difference, sum);
  };
  return simd::exact_sum(row.size(), step, row.data(), mean.data());
}

/// The mean over the members of all words; 0 without any. It does not depend on how the rows are spread over the words.
template <Scalar T>
[[nodiscard]] std::vector<double> mean_of_all(pass_statistics<T> const& pass) {
  std::int64_t rows = 0;
  for (std::int64_t const c : pass.counts()) rows += c;
  std::vector<double> mean(pass.dim(), 0.0);
  for (std::size_t d = 0; d < mean.size() && rows != 0; ++d) {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < pass.words(); ++j) sum += pass.sums()[j * pass.dim() + d];
    mean[d] = static_cast<double>(sum) * pass.scales().inverse()[d] / static_cast<double>(rows);
  }
  return mean;
}

}  // namespace sidera::inline SIDERA_ABI
