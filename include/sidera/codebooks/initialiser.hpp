// SPDX-License-Identifier: MIT
#pragma once
/// \file  What an initialiser must offer: the words that training starts from.
#include <sidera/codebooks/codebook.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/core/random.hpp>
#include <sidera/metrics/squared_euclidean.hpp>

namespace sidera::inline SIDERA_ABI {

/// What an initialiser may use besides the rows.
struct initialiser_context {
  random_stream random;
  std::size_t level = 0;
  std::span<code_t const> previous_codes = {};  ///< of the level before, one per row; empty at the first level
  executor_ref executor = {};
};

namespace detail {
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
/// Models:    \ref random_rows, \ref kmeans_plus_plus, \ref given_words, \ref previous_level.
template <class I>
concept Initialiser = std::copyable<I> && detail::starts_codebooks<I, float, squared_euclidean>;

}  // namespace sidera::inline SIDERA_ABI
