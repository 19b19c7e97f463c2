// SPDX-License-Identifier: MIT
#pragma once
/// \file  The nearest code word of every row.
#include <algorithm>
#include <limits>
#include <numeric>
#include <sidera/core/check.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/metrics/concepts.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Searches the words of one codebook; built once, used for many rows. Owns a copy of the words.
///
/// The result is that of brute force with \ref exact_distance: ties go to the lowest index, and codes do not depend on
/// threads or, for metrics with `exact`, on the instruction set. Rows must be finite. Const members may be called from
/// many threads.
template <Scalar T, Metric M>
class word_search {
 public:
  word_search(matrix_cref<T> const& words, M metric) : words_(words), metric_(std::move(metric)) {
    require_not_empty(words_, "word_search", "words");
  }

  /// out[i] = argmin_j metric(x_i, word_j). `out` has one entry per row of `x`.
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, executor_ref executor = {}) const {
    require_columns(x, column_count(words_), "word_search::nearest", "x");
    block_partition const blocks{row_count(x), 256};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i)
        out[i] = nearest_row(row_span(x, static_cast<index_t>(i)));
    });
  }

  /// The out.cols() nearest words of every row, nearest first.
  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, executor_ref executor = {}) const {
    require_columns(x, column_count(words_), "word_search::nearest_k", "x");
    block_partition const blocks{row_count(x), 64};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      std::vector<double> distance(size());
      std::vector<code_t> order(size());
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        auto const r = static_cast<index_t>(i);
        for (std::size_t j = 0; j < size(); ++j) distance[j] = distance_to(row_span(x, r), static_cast<code_t>(j));
        std::iota(order.begin(), order.end(), code_t{0});
        std::partial_sort(order.begin(), order.begin() + out.cols(), order.end(), [&](code_t p, code_t q) {
          double const a = distance[static_cast<std::size_t>(p)], c = distance[static_cast<std::size_t>(q)];
          return a < c || (a == c && p < q);
        });
        std::copy_n(order.begin(), out.cols(), row_span(out, r).begin());
      }
    });
  }

  /// metric(x, word_j) in double.
  [[nodiscard]] double distance_to(std::span<T const> x, code_t j) const {
    return exact_distance(metric_, x, std::span<T const>(row_span(words_, j)));
  }

  [[nodiscard]] std::size_t size() const noexcept { return row_count(words_); }
  [[nodiscard]] std::size_t dim() const noexcept { return column_count(words_); }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }

 private:
  [[nodiscard]] code_t nearest_row(std::span<T const> x) const {
    code_t best = 0;
    double best_distance = std::numeric_limits<double>::infinity();
    for (code_t j = 0; j < static_cast<code_t>(size()); ++j) {
      double const distance = distance_to(x, j);
      if (distance < best_distance) best_distance = distance, best = j;
    }
    return best;
  }

  matrix<T> words_;
  [[no_unique_address]] M metric_;
};

}  // namespace sidera::inline SIDERA_ABI
