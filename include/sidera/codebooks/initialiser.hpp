// SPDX-License-Identifier: MIT
#pragma once
/// \file  What an initialiser must offer: the words that training starts from.
#include <sidera/codebooks/codebook.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/core/random.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What an initialiser may use besides the rows.
struct initialiser_context {
  random_stream random;
  std::size_t level = 0;
  std::span<code_t const> previous_codes = {};  ///< of the level before, one per row; empty at the first level
  executor_ref executor = {};
};

namespace detail {

/// `limit` different rows of x at random, or all of them when there are no more or the limit is 0.
template <Scalar T>
[[nodiscard]] matrix<T> thinned_rows(matrix_cref<T> const& x, std::size_t limit, random_stream random) {
  if (limit == 0 || row_count(x) <= limit) return x;
  matrix<T> sample(static_cast<index_t>(limit), x.cols());
  auto const order = random.permutation(row_count(x));
  for (std::size_t i = 0; i < limit; ++i) sample.row(static_cast<index_t>(i)) = x.row(static_cast<index_t>(order[i]));
  return sample;
}

template <class I, class T, class M>
concept starts_codebooks = requires(I const& init, matrix_cref<T> const& x, std::size_t words, M const& metric,
                                    initialiser_context const& context) {
  { init(x, words, metric, context) } -> std::same_as<codebook<T>>;
};
}  // namespace detail

/// Chooses the words that training starts from.
///
/// Syntax:    `init(x, words, metric, context)` -> codebook with `words` rows
/// Semantics: a function of its arguments alone; 1 <= words <= rows of x.
/// Models:    \ref random_rows, \ref kmeans_plus_plus, \ref kmeans_parallel, \ref progressive_dimensions,
///            \ref given_words, \ref previous_level.
template <class I>
concept Initialiser = std::copyable<I> && detail::starts_codebooks<I, float, squared_euclidean>;

/// An initialiser that looks at a sample alone, for data that do not fit into memory.
///
/// Syntax:    `init.sample(rows, words, context)` -> numbers of rows, any order
///            `init.from_sample(x, words, metric, context)` -> codebook with `words` rows; x holds the rows of the
///            sample
/// Semantics: `init(x, words, metric, context)` is from_sample with the sample's rows of x. The context has no previous
///            codes. The memory that training needs is at least that of the sample.
/// Models:    \ref random_rows, \ref kmeans_plus_plus (its sample has rows_per_word rows per word), \ref given_words.
template <class I>
concept SamplingInitialiser = Initialiser<I> &&
    requires(I const& init, matrix_cref<float> const& x, std::size_t n, initialiser_context const& context) {
  { init.sample(n, n, context) } -> std::same_as<std::vector<std::size_t>>;
  { init.from_sample(x, n, squared_euclidean{}, context) } -> std::same_as<codebook<float>>;
};

}  // namespace sidera::inline SIDERA_ABI
