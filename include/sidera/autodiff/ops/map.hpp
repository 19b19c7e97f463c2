// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = f(x), entry by entry.
template <class F, Scalar T>
requires ElementwiseFunction<F, T>
[[nodiscard]] variable<T> map(F f, variable<T> x) {
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  variable<T> const y = t.result(x.rows(), x.cols(), x);
  detail::parallel_transform(
      t, y.data(), false, y.size(), [f](batch v) { return f.f(v); }, x.data());
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        auto const chain = [f](batch g, batch xv, batch yv) { return g * f.d(xv, yv); };
        detail::parallel_transform(t, to.data, to.add, y.size(), chain, y.gradient_data(), x.data(), y.data());
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
