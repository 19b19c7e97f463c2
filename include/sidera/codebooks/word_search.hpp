// SPDX-License-Identifier: MIT
#pragma once
/// \file  The nearest code word of every row.
#include <algorithm>
#include <limits>
#include <sidera/codebooks/search_index.hpp>
#include <sidera/core/check.hpp>
#include <sidera/core/executor.hpp>

namespace sidera::inline SIDERA_ABI {

/// Searches the words of one codebook; built once, used for many rows. Owns a
/// copy of the words.
///
/// The result is that of brute force with \ref exact_distance: ties go to the
/// lowest index, and codes do not depend on threads or, for metrics with
/// `exact`, on the instruction set. Rows must be finite. Const members may be
/// called from many threads.
template <Scalar T, Metric M>
class word_search {
 public:
  /// Memory of one worker: calls that are given one allocate nothing once it
  /// has seen a block.
  using workspace = word_search_workspace<T>;

  word_search(matrix_cref<T> const& words, M metric) : index_(words, std::move(metric)) {}

  /// Spends the time of two searches of size() rows, once, to make searches of many more rows faster. Codes stay what
  /// they are.
  void prepare_for_many_rows() { index_.prepare_for_many_rows(); }
  /// The same where so many rows, searched once, are many enough.
  void prepare_for(std::size_t rows) {
    if (rows / 200 >= size()) prepare_for_many_rows();
  }

  /// out[i] = argmin_j metric(x_i, word_j). `out` has one entry per row of `x`.
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, executor_ref executor = {}) const {
    nearest(x, out, {}, executor);
  }

  /// Also distances[i] = metric(x_i, word out[i]) in double; no distances are
  /// computed when `distances` is empty.
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances,
               executor_ref executor = {}) const {
    check(x, out.size(), "word_search::nearest");
    if (!distances.empty()) require_rows(x, distances.size(), "word_search::nearest", "x");
    block_partition const blocks{row_count(x), index_.block_rows()};
    std::vector<workspace> workspaces(executor.concurrency());
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      std::size_t const begin = blocks.begin(b), rows = blocks.length(b);
      index_.nearest(block_of(x, blocks, b), out.subspan(begin, rows),
                     distances.empty() ? distances : distances.subspan(begin, rows), workspaces[worker]);
    });
  }

  /// The same in the calling thread, with the caller's memory.
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, workspace& w) const {
    check(x, out.size(), "word_search::nearest");
    index_.nearest(x, out, {}, w);
  }
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances, workspace& w) const {
    check(x, out.size(), "word_search::nearest");
    require_rows(x, distances.size(), "word_search::nearest", "x");
    index_.nearest(x, out, distances, w);
  }

  /// The out.cols() nearest words of every row, nearest first; at most size().
  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, executor_ref executor = {}) const {
    check(x, row_count(out), "word_search::nearest_k");
    if (column_count(out) > size())
      throw shape_error("word_search::nearest_k",
                        std::to_string(out.cols()) + " words are asked for, there are " + std::to_string(size()));
    block_partition const blocks{row_count(x), score_rows};
    std::vector<workspace> workspaces(executor.concurrency());
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      index_.nearest_k(block_of(x, blocks, b),
                       out.middleRows(static_cast<index_t>(blocks.begin(b)), static_cast<index_t>(blocks.length(b))),
                       workspaces[worker]);
    });
  }

  /// metric(x, word_j) in double.
  [[nodiscard]] double distance_to(std::span<T const> x, code_t j) const { return index_.distance_to(x, j); }

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
  [[nodiscard]] std::size_t dim() const noexcept { return index_.dim(); }
  [[nodiscard]] M const& metric() const noexcept { return index_.metric(); }

 private:
  void check(matrix_cref<T> const& x, std::size_t rows, std::string_view function) const {
    require_columns(x, dim(), function, "x");
    require_rows(x, rows, function, "x");
  }
  [[nodiscard]] static auto block_of(matrix_cref<T> const& x, block_partition const& blocks, std::size_t b) {
    return x.middleRows(static_cast<index_t>(blocks.begin(b)), static_cast<index_t>(blocks.length(b)));
  }

  static constexpr std::size_t score_rows = 16 * simd::detail::tile_rows;  ///< whose scores of all words are kept

  typename detail::index_for<T, M>::type index_;
};

}  // namespace sidera::inline SIDERA_ABI
