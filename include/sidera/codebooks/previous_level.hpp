// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/codebooks/pass_statistics.hpp>

namespace sidera::inline SIDERA_ABI {

/// The cells of the level before, as they look in this level's input: word j is the mean of the rows that had code j.
///
/// With PSRQ at weight 1 and equal word counts this is a fixed point of Lloyd: the level repeats the one before. It
/// shows how close the published objective is to an ensemble of copies. The first level, and words without rows, are
/// k-means++.
struct previous_level {
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const& metric,
                                       initialiser_context const& context) const {
    codebook<T> book = kmeans_plus_plus{}(x, words, metric, context);
    if (context.previous_codes.empty()) return book;
    code_t most = 0;
    for (code_t const c : context.previous_codes) most = std::max(most, c);
    auto const before = pass_statistics<T>::of(x, context.previous_codes, static_cast<std::size_t>(most) + 1);
    for (std::size_t j = 0; j < std::min(words, before.words()); ++j)
      if (before.counts()[j] > 0) before.mean(j, row_span(book.words, static_cast<index_t>(j)));
    return book;
  }
};
static_assert(Initialiser<previous_level>);

}  // namespace sidera::inline SIDERA_ABI
