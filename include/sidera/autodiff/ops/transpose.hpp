// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// to = (or +=) from^T for `blocks` blocks of rows x cols below one another.
template <Scalar T>
void transpose_blocks(tape<T>& t, T const* from, std::size_t blocks, std::size_t rows, std::size_t cols, T* to,
                      bool add) {
  constexpr std::size_t edge = 16;  // a square of this size stays in L1 in both directions
  parallel_for(t, blocks, rows * cols, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin * rows * cols; at < end * rows * cols; at += rows * cols)
      for (std::size_t i0 = 0; i0 < rows; i0 += edge)
        for (std::size_t j0 = 0; j0 < cols; j0 += edge)
          for (std::size_t i = i0; i < std::min(rows, i0 + edge); ++i)
            for (std::size_t j = j0; j < std::min(cols, j0 + edge); ++j) {
              T& entry = to[at + j * rows + i];
              entry = add ? entry + from[at + i * cols + j] : from[at + i * cols + j];
            }
  });
}

}  // namespace detail

/// y = x^T; with `blocks` > 1 the transposes of that many equal blocks of rows: batch x time x channel becomes
/// batch x channel x time.
template <Scalar T>
[[nodiscard]] variable<T> transpose(variable<T> x, std::size_t blocks = 1) {
  if (blocks == 0 || x.rows() % blocks != 0)
    throw shape_error("transpose",
                      "x is " + shape_text(x) + ", cannot be cut into " + std::to_string(blocks) + " blocks");
  tape<T>& t = x.owner();
  std::size_t const rows = x.rows() / blocks, cols = x.cols();
  variable<T> const y = t.result(blocks * cols, rows, x);
  detail::transpose_blocks(t, x.data(), blocks, rows, cols, y.data(), false);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::transpose_blocks(t, y.gradient_data(), blocks, cols, rows, to.data, to.add);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
