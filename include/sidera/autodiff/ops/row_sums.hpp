// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/matmul.hpp>

namespace sidera::inline SIDERA_ABI {

/// Vectors x_i = sum_l r_(id_il) that share their summands: embeddings of semantic IDs, of which there are many more
/// than code words. A linear map needs to see the summands only, see the \ref matmul of it.
///
/// With `count` = 0 the vectors have no summands but themselves. Valid until the tape is reset.
template <Scalar T>
struct row_sums {
  variable<T> sums;             ///< n x columns
  variable<T> rows;             ///< the summands, each used by at least one vector; u x columns
  std::span<code_t const> ids;  ///< n * count row numbers of `rows`; a negative one adds nothing
  std::size_t count = 0;
};

/// The sums of rows of a table, which may be row-sparse: n times `count` ids, negative ones (no_code) add nothing.
/// Throws value_error with the vector whose id has no row.
template <Scalar T>
[[nodiscard]] row_sums<T> shared_row_sums(variable<T> table, std::span<code_t const> ids, std::size_t count) {
  detail::require_codes(ids, count, table.rows(), "shared_row_sums");
  tape<T>& t = table.owner();
  code_t* const number = t.template scratch<code_t>(table.rows());
  std::fill_n(number, table.rows(), no_code);
  for (code_t const id : ids)
    if (id >= 0) number[id] = 0;
  code_t* const used = t.template scratch<code_t>(table.rows());
  std::size_t n = 0;
  for (std::size_t r = 0; r < table.rows(); ++r)  // ascending, so that sums over rows do not depend on who asked first
    if (number[r] == 0) used[n] = static_cast<code_t>(r), number[r] = static_cast<code_t>(n++);
  auto const own = t.keep(ids);
  for (code_t& id : own)
    if (id >= 0) id = number[id];
  variable<T> const rows = detail::sum_of_rows(table, std::span<code_t const>(used, n), n, 1);
  return {detail::sum_of_rows(rows, std::span<code_t const>(own), ids.size() / count, count), rows, own, count};
}

/// x W: sums of the rows of r W, which is cheaper than a product with every vector. But for rounding it is
/// matmul(x.sums, weight).
template <Scalar T>
[[nodiscard]] variable<T> matmul(row_sums<T> const& x, variable<T> weight) {
  if (x.count == 0) return matmul(x.sums, weight);
  return detail::sum_of_rows(matmul(x.rows, weight), x.ids, x.sums.rows(), x.count);
}

}  // namespace sidera::inline SIDERA_ABI
