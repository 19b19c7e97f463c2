// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/additive_scores.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_b = sum_t w_bt x_(p_bt), batch x columns: what attention does with its values, without a copy of them for every
/// place.
///
/// `weights` is batch x time, `places` holds batch * time row numbers of x; a negative place (padding) adds nothing and
/// its weight gets no gradient. Throws value_error with the place of a number that has no row.
template <Scalar T>
[[nodiscard]] variable<T> weighted_sum_of_rows(variable<T> weights, variable<T> x, std::span<code_t const> places) {
  constexpr std::string_view where = "weighted_sum_of_rows";
  sequence_shape const shape{weights.rows(), weights.cols()};
  detail::require_places(places, shape, x.rows(), where);
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  detail::key_places const used{t.keep(places), shape};
  variable<T> const y = t.result(shape.batch, n, weights, x);
  std::fill_n(y.data(), y.size(), T(0));
  detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
    used.for_each(begin, end, [&](std::size_t at, std::size_t row, std::size_t sample) {
      detail::transform<T>(
          y.data() + sample * n, true, n, [w = batch(weights.data()[at])](batch v) { return w * v; },
          x.data() + row * n);
    });
  });
  t.on_backward(
      [=, &t] {
        T const* const g = y.gradient_data();
        if (T* const to = x.zeroed_target())
          detail::own_columns(t, shape.rows(), n, [&](std::size_t first, std::size_t cols) {
            used.for_each(0, shape.batch, [&](std::size_t at, std::size_t row, std::size_t sample) {
              detail::transform<T>(
                  to + row * n + first, true, cols, [w = batch(weights.data()[at])](batch v) { return w * v; },
                  g + sample * n + first);
            });
          });
        if (T* const to = weights.zeroed_target())
          detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
            used.for_each(begin, end, [&](std::size_t at, std::size_t row, std::size_t sample) {
              to[at] += static_cast<T>(detail::dot_of<T>(g + sample * n, x.data() + row * n, n));
            });
          });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
