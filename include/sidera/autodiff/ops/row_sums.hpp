// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/matmul.hpp>

namespace sidera::inline SIDERA_ABI {

/// Vectors x_i = sum_l r_(id_il) that share their summands: embeddings of semantic IDs, of which there are many more
/// than code words. A linear map needs to see the summands only, and ops that read few columns at a time add them up on
/// the way; nobody needs to store the vectors. Valid until the tape is reset.
template <Scalar T>
struct row_sums {
  variable<T> rows;             ///< the summands, u x columns
  std::span<code_t const> ids;  ///< n * count row numbers of `rows`; a negative one adds nothing
  std::size_t count = 0;        ///< of summands per vector; 0: the rows themselves are the vectors

  /// Rows as the vectors.
  row_sums(variable<T> vectors) : rows(vectors) {}  // NOLINT: a variable can be used wherever sums can
  row_sums(variable<T> summands, std::span<code_t const> which, std::size_t per_vector)
      : rows(summands), ids(which), count(per_vector) {}

  /// How many vectors there are.
  [[nodiscard]] std::size_t size() const noexcept { return count == 0 ? rows.rows() : ids.size() / count; }
  [[nodiscard]] std::size_t cols() const noexcept { return rows.cols(); }
  /// The vectors, n x columns.
  [[nodiscard]] variable<T> sums() const { return count == 0 ? rows : detail::sum_of_rows(rows, ids, size(), count); }
};

/// The sums of rows of a table, which may be row-sparse: n times `count` > 0 ids, negative ones (no_code) add nothing.
/// The summands are the different rows, ascending. Throws value_error with the vector whose id has no row.
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
  return {detail::sum_of_rows(table, std::span<code_t const>(used, n), n, 1), own, count};
}

/// x W, as sums of the rows r W: a product with the summands and not with every vector.
template <Scalar T>
[[nodiscard]] row_sums<T> matmul(row_sums<T> const& x, std::type_identity_t<variable<T>> weight) {
  return {matmul(x.rows, weight), x.ids, x.count};
}

}  // namespace sidera::inline SIDERA_ABI
