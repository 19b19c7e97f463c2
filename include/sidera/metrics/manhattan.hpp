// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/reduce.hpp>

namespace sidera::inline SIDERA_ABI {

/// sum_d |a_d - b_d|. Its cells are represented by coordinate medians, so rules that take means refuse it.
struct manhattan {
  using representative_type = representative::median;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return simd::reduce(a.data(), b.data(), a.size(), [](auto x, auto y) {
      using std::abs;
      using xsimd::abs;
      return abs(x - y);
    });
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d) sum += std::abs(static_cast<double>(a[d]) - static_cast<double>(b[d]));
    return sum;
  }
};
static_assert(Divergence<manhattan> && !LinearMetric<manhattan>);

}  // namespace sidera::inline SIDERA_ABI
