// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// 1 - <a, b> / (|a| |b|), in [0, 2]. A row of zeros has distance 1 to everything.
struct cosine {
  using representative_type = representative::normalized_mean;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return static_cast<T>(exact(a, b));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t d = 0; d < a.size(); ++d) {
      double const x = static_cast<double>(a[d]), y = static_cast<double>(b[d]);
      ab = std::fma(x, y, ab);
      aa = std::fma(x, x, aa);
      bb = std::fma(y, y, bb);
    }
    return aa > 0 && bb > 0 ? 1 - ab / (std::sqrt(aa) * std::sqrt(bb)) : 1.0;
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    double square = 0;
    for (T const v : word) square = std::fma(static_cast<double>(v), static_cast<double>(v), square);
    double const scale = square > 0 ? 1 / std::sqrt(square) : 0;
    for (std::size_t d = 0; d < word.size(); ++d) direction[d] = static_cast<double>(word[d]) * scale;
    return 0;
  }
};
static_assert(Divergence<cosine> && LinearMetric<cosine>);

}  // namespace sidera::inline SIDERA_ABI
