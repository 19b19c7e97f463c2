// SPDX-License-Identifier: MIT
#pragma once
/// \file  Preconditions that many functions share.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// True when no entry is NaN or infinite. Integer comparisons on the exponent: no floating-point flag is raised and the
/// loop vectorises.
template <Scalar T>
[[nodiscard]] bool all_finite(std::span<T const> values) noexcept {
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr bits magnitude = static_cast<bits>(~bits{0}) >> 1;
  auto const infinity = std::bit_cast<bits>(std::numeric_limits<T>::infinity());
  bits largest = 0;
  for (T const v : values) largest = std::max(largest, std::bit_cast<bits>(v) & magnitude);
  return largest < infinity;
}

/// "12 x 34"
template <class Matrix>
[[nodiscard]] std::string shape_text(Matrix const& m) {
  return std::to_string(m.rows()) + " x " + std::to_string(m.cols());
}

/// Throws value_error with the first row that holds a NaN or an infinity; the rows of `x` are rows first, first + 1,
/// ... of what the caller has.
template <Scalar T>
void require_finite(matrix_cref<T> const& x, std::string_view function, std::string_view argument,
                    std::size_t first = 0) {
  for (index_t i = 0; i < x.rows(); ++i) {
    auto const row = row_span(x, i);
    if (all_finite(std::span<T const>(row))) continue;
    for (std::size_t d = 0; d < row.size(); ++d) {
      if (std::isfinite(row[d])) continue;
      std::size_t const number = first + static_cast<std::size_t>(i);
      throw value_error(function,
                        std::string(argument) + " row " + std::to_string(number) + " has " +
                            (std::isnan(row[d]) ? "a NaN" : "an infinity") + " in column " + std::to_string(d),
                        number);
    }
  }
}

/// Throws shape_error unless `x` has `columns` columns.
template <class Matrix>
void require_columns(Matrix const& x, std::size_t columns, std::string_view function, std::string_view argument) {
  if (column_count(x) != columns)
    throw shape_error(function, std::string(argument) + " is " + shape_text(x) + ", expected " +
                                    std::to_string(columns) + " columns");
}

/// Throws shape_error unless `x` has `rows` rows.
template <class Matrix>
void require_rows(Matrix const& x, std::size_t rows, std::string_view function, std::string_view argument) {
  if (row_count(x) != rows)
    throw shape_error(function,
                      std::string(argument) + " is " + shape_text(x) + ", expected " + std::to_string(rows) + " rows");
}

/// Throws shape_error when there is nothing to work on.
template <class Matrix>
void require_not_empty(Matrix const& x, std::string_view function, std::string_view argument) {
  if (x.rows() == 0 || x.cols() == 0)
    throw shape_error(function, std::string(argument) + " is " + shape_text(x) + ", expected at least 1 x 1");
}

/// Throws value_error unless there is a `what` of this number: 0 .. count - 1.
inline void require_index(std::size_t number, std::size_t count, std::string_view function, std::string_view what) {
  if (number >= count)
    throw value_error(function, std::string(what) + " " + std::to_string(number) + " is asked for, there are " +
                                    std::to_string(count));
}

}  // namespace sidera::inline SIDERA_ABI
