// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/reduce.hpp>

namespace sidera::inline SIDERA_ABI {

/// sum_d (a_d - b_d)^2
struct squared_euclidean {
  using representative_type = representative::mean;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return simd::reduce(a.data(), b.data(), a.size(), [](auto x, auto y) { return (x - y) * (x - y); });
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const step = [](auto sum, auto x, auto y) {
      auto const difference = x - y;
      return simd::multiply_add(difference, difference, sum);
    };
    return simd::exact_sum(a.size(), step, a.data(), b.data());
  }

  /// |x - c|^2 = |x|^2 - 2 (<x, c> - |c|^2 / 2)
  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    double square = 0;
    for (std::size_t d = 0; d < word.size(); ++d) {
      direction[d] = static_cast<double>(word[d]);
      square = std::fma(direction[d], direction[d], square);
    }
    return -square / 2;
  }

  /// Scores that are s apart are distances 2 s apart, each off by a relative
  /// error e: told apart when s > e |x - c|^2.
  [[nodiscard]] score_resolution resolution(double, std::size_t dim) const noexcept {
    return {.absolute = static_cast<double>(dim) * 0x1p-1073, .per_difference = 1.1 * detail::exact_sum_error(dim)};
  }
};
static_assert(Divergence<squared_euclidean> && LinearMetric<squared_euclidean>);

}  // namespace sidera::inline SIDERA_ABI
