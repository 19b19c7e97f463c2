// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <numeric>
#include <sidera/codebooks/greedy_draws.hpp>
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
    detail::greedy_draws<T, M> rows(x, weights, metric, trials, context.executor);
    codebook<T> book{matrix<T>(static_cast<index_t>(words), x.cols())};
    if (weights.empty())
      rows.consider(static_cast<index_t>(context.random.below(0, row_count(x))));
    else
      rows.draw_by_weights(context.random.uniform(0));
    for (std::size_t j = 0; j < words; ++j) {
      book.words.row(static_cast<index_t>(j)) = x.row(rows.take_best());
      std::vector<double> shares(trials);
      for (std::size_t t = 0; t < trials; ++t) shares[t] = context.random.uniform((j + 1) * trials + t + 1);
      rows.draw(shares);
    }
    return book;
  }
};
static_assert(SamplingInitialiser<kmeans_plus_plus>);

}  // namespace sidera::inline SIDERA_ABI
