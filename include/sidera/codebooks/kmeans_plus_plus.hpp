// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>
#include <numeric>
#include <sidera/codebooks/initialiser.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <span>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Greedy k-means++: rows are drawn with a chance proportional to their distance to the nearest word so far, and of a
/// few draws the one that lowers the total most becomes a word (Arthur and Vassilvitskii, SODA 2007, section 2.2 and
/// their released variant; the number of draws is scikit-learn's).
///
/// Cost: words * draws distances for each row considered. Large data are thinned to `rows_per_word` random rows per
/// word first; 0 uses every row.
struct kmeans_plus_plus {
  std::size_t draws = 0;  ///< 0: 2 + floor(ln(words))
  std::size_t rows_per_word = 64;

  void save(field_set& f) const {
    f.metadata["kmeans_plus_plus.draws"] = to_text(draws);
    f.metadata["kmeans_plus_plus.rows_per_word"] = to_text(rows_per_word);
  }

  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const& metric,
                                       initialiser_context const& context) const {
    std::size_t const limit = rows_per_word == 0 ? row_count(x) : rows_per_word * words;
    if (row_count(x) <= limit) return choose<T>(x, words, metric, context);  // no copy
    return choose<T>(detail::thinned_rows<T>(x, limit, context.random.fork(1)), words, metric, context);
  }

  /// The rows that are considered, in the order in which they are.
  [[nodiscard]] std::vector<std::size_t> sample(std::size_t rows, std::size_t words,
                                                initialiser_context const& context) const {
    std::size_t const limit = rows_per_word == 0 ? rows : rows_per_word * words;
    if (rows > limit) return context.random.fork(1).permutation_head(rows, limit);
    std::vector<std::size_t> all(rows);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> from_sample(matrix_cref<T> const& x, std::size_t words, M const& metric,
                                        initialiser_context const& context) const {
    return choose<T>(x, words, metric, context);
  }

  /// The words among all rows of `x`, of which row i stands for weights[i] rows: weights are not negative, and not all
  /// zero. With fewer different rows than words, some rows are words more than once.
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> from_weighted(matrix_cref<T> const& x, std::span<double const> weights, std::size_t words,
                                          M const& metric, initialiser_context const& context) const {
    return choose<T>(x, words, metric, context, weights);
  }

 private:
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> choose(matrix_cref<T> const& x, std::size_t words, M const& metric,
                                   initialiser_context const& context, std::span<double const> weights = {}) const {
    std::size_t const trials = draws != 0 ? draws : 2 + static_cast<std::size_t>(std::log(static_cast<double>(words)));
    codebook<T> book{matrix<T>(static_cast<index_t>(words), x.cols())};
    std::vector<double> nearest(row_count(x), std::numeric_limits<double>::infinity());
    std::vector<std::vector<double>> with(trials, std::vector<double>(row_count(x)));
    std::vector<index_t> rows{weights.empty() ? static_cast<index_t>(context.random.below(0, row_count(x)))
                                              : draw(weights, sum(weights), context.random.uniform(0))};
    for (std::size_t j = 0; j < words; ++j) {
      distances_to<T>(x, rows, weights, nearest, metric, with, context.executor);
      std::size_t best = 0;
      double best_total = sum(with[0]);
      for (std::size_t t = 1; t < rows.size(); ++t)
        if (double const total = sum(with[t]); total < best_total) best = t, best_total = total;
      book.words.row(static_cast<index_t>(j)) = x.row(rows[best]);
      nearest.swap(with[best]);
      rows.resize(trials);
      for (std::size_t t = 0; t < trials; ++t)
        rows[t] = draw(nearest, best_total, context.random.uniform((j + 1) * trials + t + 1));
    }
    return book;
  }

  [[nodiscard]] static double sum(std::span<double const> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  }

  /// The row where the running sum passes share * total.
  [[nodiscard]] static index_t draw(std::span<double const> weights, double total, double share) {
    double left = share * total;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      left -= weights[i];
      if (left < 0) return static_cast<index_t>(i);
    }
    return static_cast<index_t>(weights.size() - 1);  // all weights zero: fewer distinct rows than words
  }

  /// with[t] = min(nearest, weight * distance to row chosen[t]), entry by entry; without weights they are 1. A row is
  /// fetched once for all the chosen ones.
  template <Scalar T, class M>
  static void distances_to(matrix_cref<T> const& x, std::vector<index_t> const& chosen, std::span<double const> weights,
                           std::vector<double> const& nearest, M const& metric, std::vector<std::vector<double>>& with,
                           executor_ref executor) {
    block_partition const blocks{row_count(x), 4096};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        std::span<T const> const row = row_span(x, static_cast<index_t>(i));
        double const weight = weights.empty() ? 1 : weights[i];
        for (std::size_t t = 0; t < chosen.size(); ++t)
          with[t][i] = std::min(nearest[i], weight * distance<T>(metric, row, row_span(x, chosen[t])));
      }
    });
  }

  /// The fast metric; in double where a float overflows or underflows (rows of 1e30 or 1e-30).
  template <Scalar T, class M>
  [[nodiscard]] static double distance(M const& metric, std::span<T const> a, std::span<T const> b) {
    auto const fast = static_cast<double>(metric(a, b));
    return std::isnormal(static_cast<T>(fast)) ? fast : exact_distance(metric, a, b);
  }
};
static_assert(SamplingInitialiser<kmeans_plus_plus>);

}  // namespace sidera::inline SIDERA_ABI
