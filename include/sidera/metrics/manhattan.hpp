// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/reduce.hpp>

namespace sidera::inline SIDERA_ABI {

/// sum_d |a_d - b_d|. Its cells are represented by coordinate medians, so rules
/// that take means refuse it.
struct manhattan {
  using representative_type = representative::median;

  static constexpr double term_roundings = 1;
  template <class Number>
  [[nodiscard]] SIDERA_ALWAYS_INLINE static Number term(Number x, Number y) noexcept {
    return simd::absolute(x - y);
  }

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return simd::reduce(a.data(), b.data(), a.size(), [](auto x, auto y) { return term(x, y); });
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const step = [](auto sum, auto x, auto y) { return sum + simd::absolute(x - y); };
    return simd::exact_sum(a.size(), step, a.data(), b.data());
  }
};
static_assert(Divergence<manhattan> && TermMetric<manhattan>);

}  // namespace sidera::inline SIDERA_ABI
