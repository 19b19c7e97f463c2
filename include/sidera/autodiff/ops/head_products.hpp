// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Columns h * width .. (h + 1) * width - 1 of a matrix with `heads` such blocks.
template <Scalar T>
[[nodiscard]] simd::strided_view<T> head_of(T const* data, std::size_t heads, std::size_t width, std::size_t h) {
  return {data + h * width, heads * width, 1};
}

/// y_h = x_h op(w_h). With G the gradient of y, x_h gets G_h op(w_h)^T and op(w_h) gets x_h^T G_h.
template <Scalar T>
[[nodiscard]] variable<T> product_by_heads(std::string_view name, variable<T> x, variable<T> w, bool w_transposed,
                                           std::size_t heads) {
  require_shapes(heads != 0 && x.cols() % heads == 0 && w.cols() % heads == 0, name, x, w,
                 "columns that can be cut into " + std::to_string(heads) + " heads");
  std::size_t const m = x.rows(), k = x.cols() / heads, d = w.cols() / heads, n = w_transposed ? w.rows() : d;
  require_shapes(k == (w_transposed ? d : w.rows()), name, x, w, "the same inner size in each head");
  tape<T>& t = x.owner();
  variable<T> const y = t.result(m, heads * n, x, w);
  auto const right = [=](std::size_t h) {
    auto const stored = head_of<T>(w.data(), heads, d, h);
    return w_transposed ? stored.transposed() : stored;
  };
  for (std::size_t h = 0; h < heads; ++h)
    t.product(m, n, k, head_of<T>(x.data(), heads, k, h), right(h), y.data() + h * n, heads * n, false);
  t.on_backward(
      [=, &t] {
        auto const to_x = x.target(), to_w = w.target();
        for (std::size_t h = 0; h < heads; ++h) {
          auto const g = head_of<T>(y.gradient_data(), heads, n, h), left = head_of<T>(x.data(), heads, k, h);
          if (to_x) t.product(m, k, n, g, right(h).transposed(), to_x.data + h * k, heads * k, to_x.add);
          if (to_w && w_transposed)
            t.product(n, k, m, g.transposed(), left, to_w.data + h * d, heads * d, to_w.add);
          else if (to_w)
            t.product(k, n, m, left.transposed(), g, to_w.data + h * d, heads * d, to_w.add);
        }
      },
      y);
  return y;
}

}  // namespace detail

/// y = [x_1 w_1, x_2 w_2, ...] with x (m x heads * k) and w (k x heads * n) cut into blocks of columns: one product per
/// head, without copies of the blocks.
template <Scalar T>
[[nodiscard]] variable<T> matmul_by_heads(variable<T> x, variable<T> w, std::size_t heads) {
  return detail::product_by_heads("matmul_by_heads", x, w, false, heads);
}
/// y = [x_1 w_1^T, x_2 w_2^T, ...]; w is n x heads * k.
template <Scalar T>
[[nodiscard]] variable<T> matmul_nt_by_heads(variable<T> x, variable<T> w, std::size_t heads) {
  return detail::product_by_heads("matmul_nt_by_heads", x, w, true, heads);
}

}  // namespace sidera::inline SIDERA_ABI
