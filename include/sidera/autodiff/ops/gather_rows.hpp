// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/embedding_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = x[ids_i], one row per id, ids may repeat; a negative id (no_code) gives a row of zeros. x may be a row-sparse
/// table. Throws value_error with the position of an id that has no row.
template <Scalar T>
[[nodiscard]] variable<T> gather_rows(variable<T> x, std::span<code_t const> ids) {
  detail::require_codes(ids, 1, x.rows(), "gather_rows");
  std::span<code_t const> const keep = x.owner().keep(ids);
  return detail::sum_of_rows(x, keep, ids.size(), 1);
}

}  // namespace sidera::inline SIDERA_ABI
