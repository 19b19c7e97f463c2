// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = q, but the gradient goes to x as if y were x: x + stop_gradient(q - x); Bengio, Leonard and Courville (2013). q
/// gets nothing. Same shapes.
template <Scalar T>
[[nodiscard]] variable<T> straight_through(variable<T> x, variable<T> q) {
  require_shapes(x.rows() == q.rows() && x.cols() == q.cols(), "straight_through", x, q, "equal shapes");
  tape<T>& t = x.owner();
  variable<T> const y = t.shared_result(q.data(), x.rows(), x.cols(), x);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_transform(
            t, to.data, to.add, y.size(), [](simd::batch<T> g) { return g; }, y.gradient_data());
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
