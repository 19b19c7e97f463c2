// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// sum_d w_d (a_d - b_d)^2 with weights w_d >= 0, one per column (a diagonal Mahalanobis distance).
///
/// Rows must have as many columns as there are weights; the search over a codebook checks it once.
struct weighted_squared_euclidean {
  using representative_type = representative::mean;

  std::vector<double> weights;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return static_cast<T>(exact(a, b));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d) {
      double const diff = static_cast<double>(a[d]) - static_cast<double>(b[d]);
      sum = std::fma(weight(d) * diff, diff, sum);
    }
    return sum;
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    double square = 0;
    for (std::size_t d = 0; d < word.size(); ++d) {
      direction[d] = weight(d) * static_cast<double>(word[d]);
      square = std::fma(direction[d], static_cast<double>(word[d]), square);
    }
    return -square / 2;
  }

 private:
  [[nodiscard]] double weight(std::size_t d) const noexcept { return d < weights.size() ? weights[d] : 1.0; }
};
static_assert(Divergence<weighted_squared_euclidean> && LinearMetric<weighted_squared_euclidean>);

}  // namespace sidera::inline SIDERA_ABI
