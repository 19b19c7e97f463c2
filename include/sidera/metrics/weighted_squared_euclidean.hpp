// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <limits>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/metrics/column_metrics.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// sum_d w_d (a_d - b_d)^2 with weights w_d >= 0, one per column (a diagonal
/// Mahalanobis distance).
///
/// Columns without a weight count with weight 1. A search over a codebook
/// checks the weights once. Quantizers take the weights to be those of the
/// columns of the data: the prefix half of a PSRQ query has them again, and a
/// group of a product quantizer has those of its columns.
struct weighted_squared_euclidean {
  using representative_type = representative::mean;

  std::vector<double> weights;
  std::size_t columns = 0;  ///< after so many columns the weights start again; 0: never. Quantizers set it

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return static_cast<T>(exact(a, b));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    if (columns == 0 || a.size() <= columns) return exact_once(a, b);
    double sum = 0;
    for (std::size_t at = 0; at < a.size(); at += columns) {
      std::size_t const length = std::min(columns, a.size() - at);
      sum += exact_once(a.subspan(at, length), b.subspan(at, length));
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

  /// As for \ref squared_euclidean, with |x - c|^2 multiplied by at most the
  /// largest weight, and directions rounded once. Sums of repeated columns are
  /// added up one by one.
  [[nodiscard]] score_resolution resolution(double word_length, std::size_t dim) const noexcept {
    double largest = 1;
    for (double const w : weights) largest = std::max(largest, w);
    double const repeats = columns == 0 ? 0 : static_cast<double>(dim / columns);
    double const error = 1.1 * (detail::exact_sum_error(dim) + repeats * 0x1p-53);
    return {.absolute = static_cast<double>(dim) * 0x1p-1073,
            .per_length = error * largest * word_length,
            .per_difference = error * largest};
  }

  /// Throws when there are more weights than columns, when rows are no multiple
  /// of the columns after which the weights start again, or when a weight is
  /// negative or infinite.
  void require_dim(std::size_t dim) const {
    std::size_t const wide = columns == 0 ? dim : columns;
    if (weights.size() > wide)
      throw shape_error("weighted_squared_euclidean", "there are " + std::to_string(weights.size()) +
                                                          " weights for rows of " + std::to_string(wide) + " columns");
    if (columns != 0 && dim % columns != 0)
      throw shape_error("weighted_squared_euclidean", "rows of " + std::to_string(dim) +
                                                          " columns are no multiple of the " + std::to_string(columns) +
                                                          " after which the weights start again");
    for (std::size_t d = 0; d < weights.size(); ++d)
      if (!(weights[d] >= 0 && weights[d] <= std::numeric_limits<double>::max()))
        throw value_error("weighted_squared_euclidean",
                          "weight " + std::to_string(d) + " is negative, infinite or no number");
  }

  /// Of a column of a row.
  [[nodiscard]] double weight(std::size_t column) const noexcept {
    if (columns != 0) column %= columns;
    return column < weights.size() ? weights[column] : 1.0;
  }

  /// What \ref ColumnMetric asks for.
  [[nodiscard]] weighted_squared_euclidean on_columns(std::span<std::ptrdiff_t const> kept) const {
    weighted_squared_euclidean part{{}, kept.size()};
    for (std::ptrdiff_t const k : kept) part.weights.push_back(weight(static_cast<std::size_t>(k)));
    return part;
  }
  [[nodiscard]] weighted_squared_euclidean on_rows_of(std::size_t dim) const { return {weights, dim}; }

  void save(field_set& fields) const {
    fields.put("metric.weights", weights);
    fields.metadata["metric.columns"] = to_text(columns);
  }
  /// Throws value_error for fields without weights, or with some that are none.
  void load(field_set const& fields) {
    constexpr std::string_view where = "weighted_squared_euclidean::load";
    weighted_squared_euclidean next{fields.get_vector<double>("metric.weights"),
                                    from_text<std::size_t>(fields.get_text("metric.columns"), where)};
    next.require_dim(next.columns == 0 ? next.weights.size() : next.columns);
    *this = std::move(next);
  }

 private:
  /// Of rows in which the weights do not start again.
  template <Scalar T>
  [[nodiscard]] double exact_once(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const step = [](auto sum, auto x, auto y, auto w) {
      auto const difference = x - y;
      return simd::multiply_add(w * difference, difference, sum);
    };
    std::size_t const n = std::min(weights.size(), a.size());
    double const sum = simd::exact_sum(n, step, a.data(), b.data(), weights.data());
    return n == a.size() ? sum : sum + squared_euclidean{}.exact(a.subspan(n), b.subspan(n));
  }
};
static_assert(Divergence<weighted_squared_euclidean> && LinearMetric<weighted_squared_euclidean>);
static_assert(ColumnMetric<weighted_squared_euclidean>);

}  // namespace sidera::inline SIDERA_ABI
