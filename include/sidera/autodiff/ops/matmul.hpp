// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// The stored matrix or its transpose.
template <Scalar T>
[[nodiscard]] simd::strided_view<T> view_of(T const* data, variable<T> x, bool transposed) noexcept {
  auto const stored = simd::row_major(data, x.cols());
  return transposed ? stored.transposed() : stored;
}

/// y = op(a) op(b). With G the gradient of y, op(a) gets G op(b)^T and op(b) gets op(a)^T G.
template <Scalar T>
[[nodiscard]] variable<T> product(std::string_view name, variable<T> a, bool a_transposed, variable<T> b,
                                  bool b_transposed) {
  std::size_t const m = a_transposed ? a.cols() : a.rows(), k = a_transposed ? a.rows() : a.cols();
  std::size_t const n = b_transposed ? b.rows() : b.cols(), b_k = b_transposed ? b.cols() : b.rows();
  require_shapes(k == b_k, name, a, b, "the same inner size");
  tape<T>& t = a.owner();
  variable<T> const y = t.result(m, n, a, b);
  auto const left = view_of<T>(a.data(), a, a_transposed), right = view_of<T>(b.data(), b, b_transposed);
  t.product(m, n, k, left, right, y.data(), n, false);
  t.on_backward(
      [=, &t] {
        auto const g = simd::row_major<T>(y.gradient_data(), n);
        if (auto const to = a.target()) {
          if (a_transposed)
            t.product(k, m, n, right, g.transposed(), to.data, m, to.add);
          else
            t.product(m, k, n, g, right.transposed(), to.data, k, to.add);
        }
        if (auto const to = b.target()) {
          if (b_transposed)
            t.product(n, k, m, g.transposed(), left, to.data, k, to.add);
          else
            t.product(k, n, m, left.transposed(), g, to.data, n, to.add);
        }
      },
      y);
  return y;
}

}  // namespace detail

/// y = a b; a is m x k, b is k x n.
template <Scalar T>
[[nodiscard]] variable<T> matmul(variable<T> a, variable<T> b) {
  return detail::product("matmul", a, false, b, false);
}
/// y = a b^T; a is m x k, b is n x k.
template <Scalar T>
[[nodiscard]] variable<T> matmul_nt(variable<T> a, variable<T> b) {
  return detail::product("matmul_nt", a, false, b, true);
}
/// y = a^T b; a is k x m, b is k x n.
template <Scalar T>
[[nodiscard]] variable<T> matmul_tn(variable<T> a, variable<T> b) {
  return detail::product("matmul_tn", a, true, b, false);
}

}  // namespace sidera::inline SIDERA_ABI
