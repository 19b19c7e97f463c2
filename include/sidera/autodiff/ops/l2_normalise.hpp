// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = x_i / max(|x_i|, epsilon), row by row. A row shorter than epsilon is divided by the constant epsilon.
template <Scalar T>
[[nodiscard]] variable<T> l2_normalise(variable<T> x, double epsilon = 1e-12) {
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), n, x);
  T* const inverse = t.scratch(x.rows());
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      T const* const row = x.data() + i * n;
      inverse[i] = static_cast<T>(1 / std::max(std::sqrt(detail::dot_of<T>(row, row, n)), epsilon));
      detail::transform<T>(
          y.data() + i * n, false, n, [r = batch(inverse[i])](batch v) { return v * r; }, row);
    }
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            T const *const g = y.gradient_data() + i * n, *const v = y.data() + i * n;
            bool const constant = static_cast<double>(inverse[i]) >= 1 / epsilon;
            batch const along(constant ? T(0) : static_cast<T>(detail::dot_of<T>(g, v, n))), r(inverse[i]);
            detail::transform<T>(
                to.data + i * n, to.add, n, [=](batch u, batch w) { return (u - w * along) * r; }, g, v);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
