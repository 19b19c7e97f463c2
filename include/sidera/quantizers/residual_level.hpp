// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/codebook.hpp>

namespace sidera::inline SIDERA_ABI {

/// One level of a residual quantizer: the words that are searched and what each of them explains.
template <Scalar T>
struct residual_level {
  codebook<T> search;   ///< K x width(dim, level)
  matrix<T> explained;  ///< K x dim: subtracted from the residual, added to the prefix
};

}  // namespace sidera::inline SIDERA_ABI
