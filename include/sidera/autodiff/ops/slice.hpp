// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// y = rows first, first + step, ... (`rows` of them) and columns col .. col + cols - 1 of x.
template <Scalar T>
[[nodiscard]] variable<T> block_of(variable<T> x, std::size_t first, std::size_t step, std::size_t rows,
                                   std::size_t col, std::size_t cols) {
  tape<T>& t = x.owner();
  variable<T> const y = t.result(rows, cols, x);
  auto const at = [=](std::size_t i) { return (first + i * step) * x.cols() + col; };
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(x.data() + at(i), cols, y.data() + i * cols);
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t i = 0; i < rows; ++i)
          transform<T>(
              to + at(i), true, cols, [](simd::batch<T> g) { return g; }, y.gradient_data() + i * cols);
      },
      y);
  return y;
}

}  // namespace detail

/// y = rows begin, begin + step, ... of x, `count` of them.
template <Scalar T>
[[nodiscard]] variable<T> slice_rows(variable<T> x, std::size_t begin, std::size_t count, std::size_t step = 1) {
  if (count != 0 && begin + (count - 1) * step >= x.rows())
    throw shape_error("slice_rows", "x is " + shape_text(x) + ", row " + std::to_string(begin + (count - 1) * step) +
                                        " is asked for");
  return detail::block_of(x, begin, step, count, 0, x.cols());
}
/// y = columns begin .. begin + count - 1 of x.
template <Scalar T>
[[nodiscard]] variable<T> slice_columns(variable<T> x, std::size_t begin, std::size_t count) {
  if (begin + count > x.cols())
    throw shape_error("slice_columns",
                      "x is " + shape_text(x) + ", columns up to " + std::to_string(begin + count) + " are asked for");
  return detail::block_of(x, 0, 1, x.rows(), begin, count);
}

}  // namespace sidera::inline SIDERA_ABI
