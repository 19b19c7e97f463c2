// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/register_columns.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

inline void require_code(code_t id, std::size_t rows, std::size_t sample, std::string_view function) {
  if (id >= 0 && static_cast<std::size_t>(id) >= rows)
    throw value_error(
        function,
        "row " + std::to_string(sample) + " asks for entry " + std::to_string(id) + " of " + std::to_string(rows),
        sample);
}

/// The same for ids of which each row has `per_row`; most are looked at in whole registers.
inline void require_codes(std::span<code_t const> ids, std::size_t per_row, std::size_t rows,
                          std::string_view function) {
  code_t largest = no_code;
  for (code_t const id : ids) largest = std::max(largest, id);
  if (largest < 0 || static_cast<std::size_t>(largest) < rows) return;
  for (std::size_t i = 0; i < ids.size(); ++i) require_code(ids[i], rows, i / per_row, function);
}

/// Announces the rows of a row-sparse table, or makes sure that a dense gradient can be added to.
template <Scalar T>
[[nodiscard]] T* target_of_rows(variable<T> table, std::span<code_t const> ids) {
  if (!table.wants_gradient()) return nullptr;
  if (!table.row_sparse()) return table.zeroed_target();
  for (code_t const id : ids)
    if (id >= 0) table.touch_row(static_cast<std::size_t>(id));
  return table.gradient_data();
}

/// out = the sum of the rows of `ids`, n numbers each, in their order.
template <Scalar T>
SIDERA_ALWAYS_INLINE void add_up_rows(T const* table, std::span<code_t const> ids, std::size_t n, T* out) {
  for_registers<T>(
      0, n, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        auto sum = register_row<T, decltype(registers)::value>::zero();
        for (code_t const id : ids)
          if (id >= 0) sum.add(table + static_cast<std::size_t>(id) * n + j, lanes);
        sum.to(out + j, lanes);
      });
}

/// Adds columns begin .. end - 1 of a row g of n numbers to the rows of `ids`.
template <Scalar T>
SIDERA_ALWAYS_INLINE void add_to_rows(T* table, std::span<code_t const> ids, std::size_t n, std::size_t begin,
                                      std::size_t end, T const* g) {
  for_registers<T>(
      begin, end, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        auto const row = register_row<T, decltype(registers)::value>::of(g + j, lanes);
        for (code_t const id : ids)
          if (id >= 0) row.add_to(table + static_cast<std::size_t>(id) * n + j, lanes);
      });
}

/// y_i = sum_l table[ids_il], `count` ids per row. Ids must have been checked; negative ones add nothing.
template <Scalar T>
[[nodiscard]] variable<T> sum_of_rows(variable<T> table, std::span<code_t const> ids, std::size_t rows,
                                      std::size_t count) {
  tape<T>& t = table.owner();
  std::size_t const n = table.cols();
  variable<T> const y = t.result(rows, n, table);
  parallel_for(t, rows, count * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      add_up_rows(table.data(), ids.subspan(i * count, count), n, y.data() + i * n);
  });
  t.on_backward(
      [=, &t] {
        T* const to = target_of_rows(table, ids);
        // One owner per column, so that rows that repeat are added in the order of the samples however columns are cut.
        bool const whole = t.executor().concurrency() == 1 || rows * n <= block_numbers;
        block_partition const columns{n, whole ? std::max<std::size_t>(n, 1) : 16};
        t.executor().run(columns.count(), [&](std::size_t b, std::size_t) {
          std::size_t const begin = columns.begin(b), end = begin + columns.length(b);
          for (std::size_t i = 0; i < rows; ++i)
            add_to_rows(to, ids.subspan(i * count, count), n, begin, end, y.gradient_data() + i * n);
        });
      },
      y);
  return y;
}

}  // namespace detail

/// y_i = sum_l table[ids_il + l * level_rows], N x D: the embedding of a semantic ID of L codes. `ids` is N x L.
///
/// With `level_rows` = 0 all codes share the rows of the table; otherwise level l has rows l * level_rows and on.
/// Negative codes (no_code) add nothing. Throws value_error with the sample when a code has no row.
template <Scalar T>
[[nodiscard]] variable<T> embedding_sum(variable<T> table, code_matrix_cref const& ids, std::size_t level_rows = 0) {
  std::size_t const rows = row_count(ids), levels = column_count(ids);
  auto const keep = std::span(table.owner().template scratch<code_t>(rows * levels), rows * levels);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t l = 0; l < levels; ++l) {
      code_t const id = ids(static_cast<index_t>(i), static_cast<index_t>(l));
      if (level_rows != 0) detail::require_code(id, level_rows, i, "embedding_sum");
      keep[i * levels + l] = id < 0 ? no_code : id + static_cast<code_t>(l * level_rows);
    }
  detail::require_codes(keep, levels, table.rows(), "embedding_sum");
  return detail::sum_of_rows(table, std::span<code_t const>(keep), rows, levels);
}

}  // namespace sidera::inline SIDERA_ABI
