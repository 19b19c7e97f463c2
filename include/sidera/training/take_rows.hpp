// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

inline void require_row(std::size_t row, std::size_t rows) {
  if (row >= rows)
    throw value_error("take_rows", "row " + std::to_string(row) + " of " + std::to_string(rows) + " was asked for");
}

}  // namespace detail

/// The given rows of `data` as a constant of the tape: a batch. Throws value_error for a row that is not there.
///
/// With `block` > 1, rows are samples of `block` rows of `data` each (a sequence, an image): row b * block + i of the
/// result is row rows_b * block + i of the data.
template <Scalar T>
[[nodiscard]] variable<T> take_rows(tape<T>& t, matrix<T> const& data, std::span<std::size_t const> rows,
                                    std::size_t block = 1) {
  std::size_t const n = column_count(data), size = block * n, samples = block == 0 ? 0 : row_count(data) / block;
  T* const copy = t.scratch(rows.size() * size);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    detail::require_row(rows[i], samples);
    std::copy_n(data.data() + rows[i] * size, size, copy + i * size);
  }
  return t.refer(copy, rows.size() * block, n);
}

/// The same of a flat list (labels, codes, flags of padding) with `block` entries per row; valid until the tape is
/// reset.
template <Scalar T, class U>
[[nodiscard]] std::span<U const> take_entries(tape<T>& t, std::span<U const> values, std::span<std::size_t const> rows,
                                              std::size_t block = 1) {
  U* const copy = t.template scratch<U>(rows.size() * block);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    detail::require_row(rows[i], block == 0 ? 0 : values.size() / block);
    std::copy_n(values.data() + rows[i] * block, block, copy + i * block);
  }
  return {copy, rows.size() * block};
}
template <Scalar T, class U>
[[nodiscard]] std::span<U const> take_entries(tape<T>& t, std::vector<U> const& values,
                                              std::span<std::size_t const> rows, std::size_t block = 1) {
  return take_entries(t, std::span<U const>(values), rows, block);
}

}  // namespace sidera::inline SIDERA_ABI
