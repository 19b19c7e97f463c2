// SPDX-License-Identifier: MIT
#pragma once
/// \file  The inner loops of \ref kmeans_plus_plus: distances to the rows that were drawn, totals, and draws.
#include <cmath>
#include <limits>
#include <optional>
#include <sidera/codebooks/far_rows.hpp>
#include <sidera/codebooks/integer_rules.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <span>
#include <vector>

namespace sidera::inline SIDERA_ABI::detail {

/// Rows of which a few are drawn at a time, each with a chance proportional to its weighted distance to the nearest row
/// that was taken, and the one is taken that leaves the smallest total.
template <Scalar T, class M>
class greedy_draws {
 public:
  /// All arguments must outlive it; without weights they are 1.
  greedy_draws(matrix_cref<T> const& x, std::span<double const> weights, M const& metric, std::size_t trials,
               executor_ref executor)
      : x_(x),
        weights_(weights),
        metric_(metric),
        executor_(executor),
        stride_((trials + lanes - 1) / lanes * lanes),
        nearest_(row_count(x), std::numeric_limits<double>::infinity()),
        with_(row_count(x) * stride_) {
    if constexpr (excludes)
      if (simd::first_pass_panels::pays(column_count(x))) far_.emplace(x, executor);
  }

  /// Row `row` alone is drawn.
  void consider(index_t row) { rows_ = {row}; }
  /// One row is drawn by its weight.
  void draw_by_weights(double share) {
    double total = 0;
    for (double const w : weights_) total += w;
    rows_ = places(weights_, total, {&share, 1});
  }
  /// One row is drawn for each of `shares`, numbers of [0, 1) at random.
  void draw(std::span<double const> shares) { rows_ = places(nearest_, total_, shares); }

  /// Takes the best of the drawn rows.
  index_t take_best() {
    find_distances();
    std::vector<double> const all = totals();
    auto const best = static_cast<std::size_t>(std::min_element(all.begin(), all.end()) - all.begin());
    for (std::size_t i = 0; i < nearest_.size(); ++i) nearest_[i] = with_[i * stride_ + best];
    total_ = all[best];
    return rows_[best];
  }

 private:
  static constexpr std::size_t lanes = 8;  ///< sums that are added up side by side, each in the order of the rows
  static constexpr bool excludes = std::same_as<M, squared_euclidean> && has_integer_pass<T, M>;

  /// with_[i * stride_ + t] = min(nearest_[i], weight * distance of row i to row rows_[t]).
  void find_distances() {
    if constexpr (excludes)
      if (far_) return find_near_distances();
    block_partition const blocks{row_count(x_), 4096};
    executor_.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        keep_nearest(i);
        for (std::size_t t = 0; t < rows_.size(); ++t) look_at(i, t);
      }
    });
  }

  /// The same; most distances are larger than what a row has already, which is known without them.
  void find_near_distances() requires excludes {
    matrix<T> drawn(static_cast<index_t>(rows_.size()), x_.cols());
    for (std::size_t t = 0; t < rows_.size(); ++t) drawn.row(static_cast<index_t>(t)) = x_.row(rows_[t]);
    far_rows::few_words const words(*far_, drawn);
    block_partition const blocks{row_count(x_), 4096};
    executor_.run(blocks.count(), [&](std::size_t b, std::size_t) {
      std::size_t const first = blocks.begin(b), count = blocks.length(b);
      for (std::size_t i = first; i < first + count; ++i) keep_nearest(i);
      auto const limit = [&](std::size_t i) {
        if (weights_.empty()) return nearest_[i];
        return weights_[i] > 0 ? nearest_[i] / weights_[i] * (1 + 1e-12) : std::numeric_limits<double>::infinity();
      };
      far_->for_each_near(words, first, count, limit, [&](std::size_t i, std::size_t t) { look_at(i, t); });
    });
  }

  [[nodiscard]] double weight(std::size_t i) const noexcept { return weights_.empty() ? 1 : weights_[i]; }

  void keep_nearest(std::size_t i) noexcept { std::fill_n(with_.data() + i * stride_, stride_, nearest_[i]); }
  void look_at(std::size_t i, std::size_t t) noexcept {
    double& with = with_[i * stride_ + t];
    with = std::min(with, weight(i) * distance(row_span(x_, static_cast<index_t>(i)), row_span(x_, rows_[t])));
  }

  /// The fast metric; in double where a float overflows or underflows (rows of 1e30 or 1e-30).
  [[nodiscard]] double distance(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const fast = static_cast<double>(metric_(a, b));
    return std::isnormal(static_cast<T>(fast)) ? fast : exact_distance(metric_, a, b);
  }

  /// Over all rows, for each drawn one.
  [[nodiscard]] std::vector<double> totals() const {
    std::vector<double> result(stride_);
    for (std::size_t t = 0; t < stride_; t += lanes) {
      double sum[lanes] = {};
      for (std::size_t i = 0; i < nearest_.size(); ++i)
        for (std::size_t l = 0; l < lanes; ++l) sum[l] += with_[i * stride_ + t + l];
      std::copy_n(sum, lanes, result.data() + t);
    }
    result.resize(rows_.size());
    return result;
  }

  /// For each share the row where the running sum of `chances` passes share * total; the last one when all are zero, as
  /// when there are fewer different rows than words.
  [[nodiscard]] static std::vector<index_t> places(std::span<double const> chances, double total,
                                                   std::span<double const> shares) {
    std::vector<index_t> result(shares.size(), static_cast<index_t>(chances.size() - 1));
    for (std::size_t t = 0; t < shares.size(); t += lanes) {
      double left[lanes] = {};
      std::size_t const count = std::min(lanes, shares.size() - t);
      for (std::size_t l = 0; l < count; ++l) left[l] = shares[t + l] * total;
      find_places(chances, left, std::span(result).subspan(t, count));
    }
    return result;
  }

  /// A piece of the rows at a time for all sums, which never rise; then, where one fell below zero, row by row.
  static void find_places(std::span<double const> chances, double (&left)[lanes], std::span<index_t> result) {
    constexpr std::size_t piece = 64;
    for (std::size_t first = 0; first < chances.size(); first += piece) {
      auto const some = chances.subspan(first, std::min(piece, chances.size() - first));
      double before[lanes];
      std::copy_n(left, lanes, before);
      for (double const chance : some)
        for (double& l : left) l -= chance;
      for (std::size_t t = 0; t < result.size(); ++t)
        if (left[t] < 0 && !(before[t] < 0)) result[t] = static_cast<index_t>(first + place_in(some, before[t]));
    }
  }
  [[nodiscard]] static std::size_t place_in(std::span<double const> chances, double left) noexcept {
    std::size_t i = 0;
    for (; i + 1 < chances.size(); ++i)
      if ((left -= chances[i]) < 0) break;
    return i;
  }

  matrix_cref<T> x_;
  std::span<double const> weights_;
  M const& metric_;
  executor_ref executor_;
  std::size_t stride_;
  std::vector<double> nearest_, with_;
  std::vector<index_t> rows_;
  double total_ = 0;
  std::optional<far_rows> far_;
};

}  // namespace sidera::inline SIDERA_ABI::detail
