// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_ij = x_i0 + ... + x_ij, along the columns of each row.
template <Scalar T>
[[nodiscard]] variable<T> cumulative_sum(variable<T> x) {
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), n, x);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    T sum = 0;
    for (std::size_t at = i * n; at < (i + 1) * n; ++at) y.data()[at] = sum += x.data()[at];
  }
  t.on_backward(
      [=] {
        auto const to = x.target();
        for (std::size_t i = 0; i < x.rows(); ++i) {
          T sum = 0;
          for (std::size_t at = (i + 1) * n; at-- > i * n;) {
            sum += y.gradient_data()[at];
            to.data[at] = to.add ? to.data[at] + sum : sum;
          }
        }
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
