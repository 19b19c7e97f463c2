// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = x, but the gradient is multiplied by -strength on its way back; Ganin and Lempitsky, "Unsupervised domain
/// adaptation by backpropagation" (ICML 2015).
template <Scalar T>
[[nodiscard]] variable<T> gradient_reversal(variable<T> x, double strength = 1) {
  tape<T>& t = x.owner();
  variable<T> const y = t.shared_result(x.data(), x.rows(), x.cols(), x);
  simd::batch<T> const factor(static_cast<T>(-strength));
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_transform(
            t, to.data, to.add, y.size(), [=](simd::batch<T> g) { return factor * g; }, y.gradient_data());
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
