// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <limits>
#include <sidera/core/fields.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// sum_d w_d (a_d - b_d)^2 with weights w_d >= 0, one per column (a diagonal
/// Mahalanobis distance).
///
/// Columns without a weight count with weight 1. A search over a codebook
/// checks the weights once.
struct weighted_squared_euclidean {
  using representative_type = representative::mean;

  std::vector<double> weights;

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return static_cast<T>(exact(a, b));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const step = [](auto sum, auto x, auto y, auto w) {
      auto const difference = x - y;
      return simd::multiply_add(w * difference, difference, sum);
    };
    std::size_t const n = std::min(weights.size(), a.size());
    double const sum = simd::exact_sum(n, step, a.data(), b.data(), weights.data());
    return n == a.size() ? sum : sum + squared_euclidean{}.exact(a.subspan(n), b.subspan(n));
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    double square = 0;
    for (std::size_t d = 0; d < word.size(); ++d) {
      direction[d] = (d < weights.size() ? weights[d] : 1.0) * static_cast<double>(word[d]);
      square = std::fma(direction[d], static_cast<double>(word[d]), square);
    }
    return -square / 2;
  }

  /// As for \ref squared_euclidean, with |x - c|^2 multiplied by at most the
  /// largest weight, and directions rounded once.
  [[nodiscard]] score_resolution resolution(double word_length, std::size_t dim) const noexcept {
    double largest = 1;
    for (double const w : weights) largest = std::max(largest, w);
    double const error = 1.1 * detail::exact_sum_error(dim);
    return {.absolute = static_cast<double>(dim) * 0x1p-1073,
            .per_length = error * largest * word_length,
            .per_difference = error * largest};
  }

  /// Throws when there are more weights than columns, or when one is negative
  /// or infinite.
  void require_dim(std::size_t dim) const {
    if (weights.size() > dim)
      throw shape_error("weighted_squared_euclidean", "there are " + std::to_string(weights.size()) +
                                                          " weights for rows of " + std::to_string(dim) + " columns");
    for (std::size_t d = 0; d < weights.size(); ++d)
      if (!(weights[d] >= 0 && weights[d] <= std::numeric_limits<double>::max()))
        throw value_error("weighted_squared_euclidean",
                          "weight " + std::to_string(d) + " is negative, infinite or no number");
  }

  void save(field_set& fields) const { fields.put("metric.weights", weights); }
  /// Throws value_error for fields without weights, or with some that are none.
  void load(field_set const& fields) {
    weighted_squared_euclidean next{fields.get_vector<double>("metric.weights")};
    next.require_dim(next.weights.size());
    *this = std::move(next);
  }
};
static_assert(Divergence<weighted_squared_euclidean> && LinearMetric<weighted_squared_euclidean>);

}  // namespace sidera::inline SIDERA_ABI
