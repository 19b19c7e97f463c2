// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = q, and the gradient goes to x through the rotation and scaling that takes x_i to q_i, held constant:
/// y_i = (|q|/|x|) R x with R = I - 2 r r^T + 2 q' x'^T, r = (x' + q') / |x' + q'|, x' = x/|x|, q' = q/|q|; Fifty et
/// al., "Restructuring vector quantization with the rotation trick" (ICLR 2025), section 4.2. q gets nothing.
///
/// Where x_i or q_i is zero there is no rotation and the gradient is that of straight_through. Opposite rows (r = 0)
/// keep R = I + 2 q' x'^T, the reflection that takes x' to q'.
template <Scalar T>
[[nodiscard]] variable<T> rotation_trick(variable<T> x, variable<T> q) {
  require_shapes(x.rows() == q.rows() && x.cols() == q.cols(), "rotation_trick", x, q, "equal shapes");
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.shared_result(q.data(), x.rows(), n, x);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t at = begin * n; at < end * n; at += n) {
            T const *const e = x.data() + at, *const c = q.data() + at, *const g = y.gradient_data() + at;
            double const x_norm = std::sqrt(detail::dot_of<T>(e, e, n)), q_norm = std::sqrt(detail::dot_of<T>(c, c, n));
            bool const rotates = x_norm > 0 && q_norm > 0;
            double const g_x = rotates ? detail::dot_of<T>(g, e, n) / x_norm : 0;
            double const g_q = rotates ? detail::dot_of<T>(g, c, n) / q_norm : 0;
            double const cosine = rotates ? detail::dot_of<T>(e, c, n) / (x_norm * q_norm) : 0;
            double const s = 2 + 2 * cosine;  // |x' + q'|^2
            double const along = s > 1e-12 ? 2 * (g_x + g_q) / s : 0, ratio = rotates ? q_norm / x_norm : 1;
            // ratio (g - along (x' + q') + 2 g_q x'), with x' and q' written as multiples of x and q
            batch const of_g(static_cast<T>(ratio));
            batch const of_x(rotates ? static_cast<T>(ratio * (2 * g_q - along) / x_norm) : T(0));
            batch const of_q(rotates ? static_cast<T>(-ratio * along / q_norm) : T(0));
            detail::transform<T>(
                to.data + at, to.add, n, [=](batch u, batch v, batch w) { return of_g * u + of_x * v + of_q * w; }, g,
                e, c);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
