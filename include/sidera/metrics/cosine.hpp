// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/exact_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// 1 - <a, b> / (|a| |b|), in [0, 2]. A row of zeros has distance 1 to
/// everything.
struct cosine {
  using representative_type = representative::normalized_mean;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return static_cast<T>(exact(a, b));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    double const ab = product(a, b), aa = product(a, a), bb = product(b, b);
    return aa > 0 && bb > 0 ? 1 - ab / (std::sqrt(aa) * std::sqrt(bb)) : 1.0;
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    double const square = product(word, word);
    double const scale = square > 0 ? 1 / std::sqrt(square) : 0;
    for (std::size_t d = 0; d < word.size(); ++d) direction[d] = static_cast<double>(word[d]) * scale;
    return 0;
  }

  /// A score is |x| cos, computed from a direction off by e / 2 + 3 roundings;
  /// 1 - cos is off by e for the product, e / 2 for each length, and 5
  /// roundings; rows and words whose squares underflow are not told apart at
  /// all.
  [[nodiscard]] score_resolution resolution(double, std::size_t dim) const noexcept {
    return {.absolute = 0x1p-490, .per_length = 6 * detail::exact_sum_error(dim)};
  }

 private:
  template <Scalar T>
  [[nodiscard]] static double product(std::span<T const> a, std::span<T const> b) noexcept {
    auto const step = [](auto sum, auto x, auto y) { return simd::multiply_add(x, y, sum); };
    return simd::exact_sum(a.size(), step, a.data(), b.data());
  }
};
static_assert(Divergence<cosine> && LinearMetric<cosine>);

}  // namespace sidera::inline SIDERA_ABI
