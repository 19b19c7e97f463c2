// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// The same numbers in another shape, without a check and without a copy.
template <Scalar T>
[[nodiscard]] variable<T> as_shape(variable<T> x, std::size_t rows, std::size_t cols) {
  tape<T>& t = x.owner();
  variable<T> const y = t.shared_result(x.data(), rows, cols, x);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        parallel_transform(
            t, to.data, to.add, y.size(), [](simd::batch<T> g) { return g; }, y.gradient_data());
      },
      y);
  return y;
}

}  // namespace detail

/// The same numbers, row by row, as rows x cols; nothing is copied.
template <Scalar T>
[[nodiscard]] variable<T> reshape(variable<T> x, std::size_t rows, std::size_t cols) {
  if (rows * cols != x.size())
    throw shape_error("reshape",
                      "x is " + shape_text(x) + ", cannot be " + std::to_string(rows) + " x " + std::to_string(cols));
  return detail::as_shape(x, rows, cols);
}

}  // namespace sidera::inline SIDERA_ABI
