// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/drawn_rows.hpp>
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/codebooks/row_passes.hpp>
#include <sidera/codebooks/word_search.hpp>

namespace sidera::inline SIDERA_ABI {

/// k-means||: in each of a few rounds every row becomes a candidate with chance oversampling * words * d / (sum of all
/// d), d its distance to the candidates so far; then every candidate counts as many rows as it is nearest to, and
/// greedy \ref kmeans_plus_plus picks the words among them. Bahmani et al., "Scalable k-means++" (VLDB 2012), algorithm
/// 2, with a fixed number of rounds (their section 5 finds 5 enough); further rounds follow only while there are fewer
/// candidates than words and rows that are no candidates.
///
/// Every row has its say, which thinning as in kmeans_plus_plus does not give it, in rounds + 1 passes. Distances are
/// those of the metric. Same words for any threads, blocks and ranks. Cost: about oversampling * rounds * words
/// distances per row. Memory: 12 bytes per row, and a multiple of oversampling * words rows.
struct kmeans_parallel {
  double oversampling = 2;  ///< candidates per word and round
  std::size_t rounds = 5;

  void save(field_set& f) const {
    f.metadata["kmeans_parallel.oversampling"] = to_text(oversampling);
    f.metadata["kmeans_parallel.rounds"] = to_text(rounds);
  }

  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const& metric,
                                       initialiser_context const& context) const {
    auto const first = static_cast<index_t>(sample(row_count(x), words, context).front());
    matrix_passes<T> passes(x, context.executor);
    return from_passes(matrix_cref<T>(x.middleRows(first, 1)), passes, words, metric, context);
  }

  /// The first candidate: any row.
  [[nodiscard]] std::vector<std::size_t> sample(std::size_t rows, std::size_t,
                                                initialiser_context const& context) const {
    return {context.random.below(0, rows)};
  }

  /// Throws value_error unless oversampling is a positive number.
  template <Scalar T, class M, RowPasses<T> P>
  [[nodiscard]] codebook<T> from_passes(matrix_cref<T> const& first, P& passes, std::size_t words, M const& metric,
                                        initialiser_context const& context) const {
    if (!(oversampling > 0 && std::isfinite(oversampling)))
      throw value_error("kmeans_parallel", "oversampling is " + std::to_string(oversampling));
    candidates<T> all{first, 0, std::vector<double>(passes.rows(), std::numeric_limits<double>::infinity()),
                      std::vector<std::uint32_t>(passes.rows(), 0)};
    double left = 1;  // the distances of all rows together
    auto const wants_more = [&] { return row_count(all.rows) < words && std::isfinite(left); };
    for (std::size_t round = 0; left > 0 && (round < rounds || wants_more()); ++round) {
      double const expected = std::max(1.0, oversampling * static_cast<double>(words));
      drawn_rows<T> const nobody(expected, column_count(first), context.random.fork(1).fork(round));
      std::vector<drawn_rows<T>> drawn(passes.workers(), nobody);
      settle(all, passes, metric, [&](std::size_t at, double distance, std::span<T const> row, std::size_t worker) {
        drawn[worker].offer(passes.first() + at, distance, row);
      });
      for (std::size_t w = 1; w < drawn.size(); ++w) drawn[0].merge(std::move(drawn[w]));
      drawn_rows<T> of_all = nobody;
      for (auto& part : passes.gather(drawn[0].message().bytes())) of_all.merge(rank_message(std::move(part)));
      left = of_all.total();
      all.add(of_all.rows());
    }
    if (all.settled < row_count(all.rows)) settle(all, passes, metric, [](auto const&...) {});
    return kmeans_plus_plus{}.from_weighted(matrix_cref<T>(all.rows), weights(all, passes), words, metric, context);
  }

 private:
  /// The candidates so far, and for every row of this rank the nearest one of the first `settled`.
  template <Scalar T>
  struct candidates {
    matrix<T> rows;
    std::size_t settled;
    std::vector<double> distance;
    std::vector<std::uint32_t> nearest;

    void add(matrix<T> const& more) {
      rows.conservativeResize(rows.rows() + more.rows(), more.cols());
      rows.bottomRows(more.rows()) = more;
    }
  };

  /// A pass in which rows turn to new candidates that are nearer; use(at, distance, row, worker).
  template <Scalar T, class P, class M, class Use>
  static void settle(candidates<T>& all, P& passes, M const& metric, Use use) {
    bool const news = all.settled < row_count(all.rows);
    matrix<T> const fresh = all.rows.bottomRows(all.rows.rows() - static_cast<index_t>(all.settled));
    word_search<T, M> const search(news ? fresh : all.rows, metric);
    struct memory {
      word_search_workspace<T> workspace;
      std::vector<code_t> codes;
      std::vector<double> distances;
    };
    std::vector<memory> workers(passes.workers());
    passes.for_each([&](std::size_t at, matrix_cref<T> const& x, std::size_t worker) {
      memory& w = workers[worker];
      w.codes.resize(row_count(x));
      w.distances.resize(row_count(x));
      if (news) search.nearest(x, w.codes, w.distances, w.workspace);
      for (std::size_t i = 0; i < w.codes.size(); ++i) {
        if (news && w.distances[i] < all.distance[at + i]) {
          all.distance[at + i] = w.distances[i];
          all.nearest[at + i] = static_cast<std::uint32_t>(all.settled) + static_cast<std::uint32_t>(w.codes[i]);
        }
        use(at + i, all.distance[at + i], row_span(x, static_cast<index_t>(i)), worker);
      }
    });
    all.settled = row_count(all.rows);
  }

  /// How many rows each candidate is nearest to, on all ranks.
  template <Scalar T, class P>
  [[nodiscard]] static std::vector<double> weights(candidates<T> const& all, P& passes) {
    std::vector<std::int64_t> own(row_count(all.rows), 0);
    for (std::uint32_t const j : all.nearest) ++own[j];
    std::vector<double> sum(own.size(), 0);
    for (auto& part : passes.gather(std::as_bytes(std::span(own)))) {
      rank_message counts(std::move(part));
      for (double& s : sum) s += static_cast<double>(counts.number<std::int64_t>());
    }
    return sum;
  }
};
static_assert(PassInitialiser<kmeans_parallel>);

}  // namespace sidera::inline SIDERA_ABI
