// SPDX-License-Identifier: MIT
#pragma once
#include <numeric>
#include <sidera/codebooks/initialiser.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Different rows of the data, drawn at random (Forgy 1965).
struct random_rows {
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const&,
                                       initialiser_context const& context) const {
    std::vector<index_t> order(row_count(x));
    std::iota(order.begin(), order.end(), index_t{0});
    codebook<T> book{matrix<T>(static_cast<index_t>(words), x.cols())};
    for (std::size_t j = 0; j < words; ++j) {  // the first steps of a Fisher-Yates shuffle
      std::swap(order[j], order[j + context.random.below(j, order.size() - j)]);
      book.words.row(static_cast<index_t>(j)) = x.row(order[j]);
    }
    return book;
  }
};
static_assert(Initialiser<random_rows>);

}  // namespace sidera::inline SIDERA_ABI
