// SPDX-License-Identifier: MIT
#pragma once
/// \file  Passes over the rows of all ranks that ask for the nearest word of every row.
#include <sidera/codebooks/extreme_rows.hpp>
#include <sidera/codebooks/row_passes.hpp>
#include <sidera/communicators/sum_over.hpp>
#include <sidera/streaming/level_inputs.hpp>
#include <sidera/streaming/rank_rows.hpp>
#include <sidera/streaming/running_pass.hpp>

namespace sidera::inline SIDERA_ABI {

/// The queries of the level behind those of an encoder, gone through together with the other ranks: all ranks make the
/// same calls, and get the same results. What it is given must outlive it; the encoder may get more levels meanwhile.
template <Scalar T, Metric M, ResidualScheme R, RowSource<T> S, Communicator C>
class word_passes {
 public:
  word_passes(level_inputs<T, M, R, S>& inputs, residual_encoder<T, M, R> const& encoder, std::size_t levels,
              rank_rows const& rows, C const& ranks, executor_ref executor)
      : inputs_(inputs), encoder_(encoder), levels_(levels), rows_(rows), ranks_(ranks), executor_(executor) {}

  /// What an initialiser is given, see \ref RowPasses.
  [[nodiscard]] std::size_t rows() const noexcept { return inputs_.rows(); }
  [[nodiscard]] std::size_t first() const noexcept { return rows_.first; }
  [[nodiscard]] std::size_t workers() const noexcept { return inputs_.worker_count(); }
  template <class Use>
  void for_each(Use use) {
    inputs_.for_each(encoder_, levels_,
                     [&](std::size_t at, matrix_cref<T> const&, residual_workspace<T>& w, std::size_t worker) {
                       use(at, matrix_cref<T>(w.query), worker);
                     });
  }
  [[nodiscard]] gathered_bytes gather(std::span<std::byte const> bytes) const { return ranks_.gather(bytes); }

  /// Assigns every row to its nearest word. Distances are only computed on request.
  [[nodiscard]] pass_summary<T> assign(codebook<T> const& book, running_pass<T>& running, bool with_distances) {
    running.start();
    for_each_nearest(
        book, with_distances,
        [&](residual_workspace<T> const& w, std::vector<double> const& distances, std::size_t at, std::size_t worker) {
          for (std::size_t i = 0; i < w.codes.size(); ++i)
            running.assign(worker, row_span(w.query, static_cast<index_t>(i)), w.codes[i], at + i,
                           rows_.first + at + i);
          for (std::size_t i = 0; with_distances && i < w.codes.size(); ++i) running.add_distance(worker, distances[i]);
        });
    pass_summary<T> all = running.finish();
    if (ranks_.size() > 1) {
      auto integers = all.integers();
      ranks_.sum(integers);
      all.set_integers(integers);
    }
    return all;
  }

  /// Calls use(statistics) for every batch, whose rows are assigned to the words that `book` has by then. Of batch b
  /// this rank has the rows numbers(b), which ascend.
  template <class Numbers, class Use>
  void for_each_batch(codebook<T> const& book, block_partition const& batches, Numbers const& numbers, Use use) {
    inputs_.for_each_batch(encoder_, levels_, batches, numbers, [&](std::size_t b, matrix_cref<T> const& queries) {
      use(assign_batch(book, queries, batches.length(b)));
    });
  }

  /// Of the rows as `before` assigned them, those far from the words they have `now`.
  [[nodiscard]] extreme_rows<T> far_rows(codebook<T> const& before, codebook<T> const& now, std::size_t dead) {
    std::vector<extreme_rows<T>> parts(workers(), extreme_rows<T>(now.size(), dead));
    for_each_distance(before, now,
                      [&](std::span<T const> row, code_t code, double distance, std::size_t at, std::size_t worker) {
                        parts[worker].offer(row, code, distance, rows_.first + at);
                      });
    for (std::size_t w = 1; w < parts.size(); ++w) parts[0].merge(parts[w]);
    if (ranks_.size() > 1)
      for (auto& part : ranks_.gather(parts[0].message().bytes()))
        parts[0].merge(rank_message(std::move(part)), now.dim());
    return std::move(parts[0]);
  }

  /// The mean distance of the rows, as `before` assigned them, to the words they have `now`.
  [[nodiscard]] double distance_to(codebook<T> const& before, codebook<T> const& now) {
    std::vector<order_free_sum> parts(workers());
    for_each_distance(before, now, [&](auto const&, code_t, double distance, std::size_t, std::size_t worker) {
      parts[worker].add(distance);
    });
    for (std::size_t w = 1; w < parts.size(); ++w) parts[0].merge(parts[w]);
    return sum_over(ranks_, parts[0]) / static_cast<double>(rows_.total);
  }

 private:
  /// The statistics of `total` rows, of which this rank has these.
  [[nodiscard]] pass_statistics<T> assign_batch(codebook<T> const& book, matrix_cref<T> const& queries,
                                                std::size_t total) {
    codes_.resize(row_count(queries));
    word_search<T, M>(book.words, encoder_.metric()).nearest(queries, codes_, executor_);
    column_scales const own(queries, total);
    std::vector<double> largest(own.largest().begin(), own.largest().end());
    ranks_.max(largest);
    pass_statistics<T> all(book.size(), column_scales(std::move(largest), total));
    for (std::size_t i = 0; i < codes_.size(); ++i) all.add(row_span(queries, static_cast<index_t>(i)), codes_[i]);
    if (ranks_.size() == 1) return all;
    std::vector<std::int64_t> integers(all.sums().begin(), all.sums().end());
    integers.insert(integers.end(), all.counts().begin(), all.counts().end());
    ranks_.sum(integers);
    auto const counts = integers.begin() + static_cast<std::ptrdiff_t>(all.sums().size());
    return pass_statistics<T>(all.scales(), {integers.begin(), counts}, {counts, integers.end()});
  }

  /// use(workspace with queries and codes, distances if they are wanted, number of the first row on this rank, worker)
  template <class Use>
  void for_each_nearest(codebook<T> const& book, bool with_distances, Use use) {
    word_search<T, M> const search(book.words, encoder_.metric());
    std::vector<std::vector<double>> distances(workers());
    inputs_.for_each(encoder_, levels_,
                     [&](std::size_t at, matrix_cref<T> const& x, residual_workspace<T>& w, std::size_t worker) {
                       w.codes.resize(row_count(x));
                       if (with_distances) {
                         distances[worker].resize(row_count(x));
                         search.nearest(w.query, w.codes, distances[worker], w.search);
                       } else {
                         search.nearest(w.query, w.codes, w.search);
                       }
                       use(w, distances[worker], at, worker);
                     });
  }

  /// use(row, its code in `before`, distance to that word as it is `now`, number of the row on this rank, worker)
  template <class Use>
  void for_each_distance(codebook<T> const& before, codebook<T> const& now, Use use) {
    for_each_nearest(before, false,
                     [&](residual_workspace<T> const& w, auto const&, std::size_t at, std::size_t worker) {
                       for (std::size_t i = 0; i < w.codes.size(); ++i) {
                         std::span<T const> const row = row_span(w.query, static_cast<index_t>(i));
                         std::span<T const> const word = row_span(now.words, w.codes[i]);
                         use(row, w.codes[i], exact_distance(encoder_.metric(), row, word), at + i, worker);
                       }
                     });
  }

  level_inputs<T, M, R, S>& inputs_;
  residual_encoder<T, M, R> const& encoder_;
  std::size_t levels_;
  rank_rows const& rows_;
  C const& ranks_;
  executor_ref executor_;
  std::vector<code_t> codes_;  ///< of a batch
};

}  // namespace sidera::inline SIDERA_ABI
