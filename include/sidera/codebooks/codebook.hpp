// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/matrix.hpp>

namespace sidera::inline SIDERA_ABI {

/// A table of code words; row j is the word of code j.
template <Scalar T>
struct codebook {
  matrix<T> words;  ///< K x D

  [[nodiscard]] std::size_t size() const noexcept { return row_count(words); }
  [[nodiscard]] std::size_t dim() const noexcept { return column_count(words); }
};

}  // namespace sidera::inline SIDERA_ABI
