// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/initialiser.hpp>
#include <unordered_map>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Different rows of the data, drawn at random (Forgy 1965).
struct random_rows {
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const&,
                                       initialiser_context const& context) const {
    auto const chosen = sample(row_count(x), words, context);
    codebook<T> book{matrix<T>(static_cast<index_t>(words), x.cols())};
    for (std::size_t j = 0; j < words; ++j)
      book.words.row(static_cast<index_t>(j)) = x.row(static_cast<index_t>(chosen[j]));
    return book;
  }

  /// The rows that become words.
  [[nodiscard]] std::vector<std::size_t> sample(std::size_t rows, std::size_t words,
                                                initialiser_context const& context) const {
    std::unordered_map<std::size_t, std::size_t> moved;  // what is not where it was at first
    auto const at = [&](std::size_t place) {
      auto const found = moved.find(place);
      return found == moved.end() ? place : found->second;
    };
    std::vector<std::size_t> chosen(words);
    for (std::size_t j = 0; j < words; ++j) {  // the first steps of a Fisher-Yates shuffle
      std::size_t const other = j + context.random.below(j, rows - j);
      chosen[j] = at(other);
      moved[other] = at(j);
    }
    return chosen;
  }
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> from_sample(matrix_cref<T> const& x, std::size_t, M const&,
                                        initialiser_context const&) const {
    return {x};
  }
};
static_assert(SamplingInitialiser<random_rows>);

}  // namespace sidera::inline SIDERA_ABI
