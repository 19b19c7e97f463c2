// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/place_kernels.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// y_b = sum of the weighted rows of sample b, n columns.
template <Scalar T>
void weigh_places(std::span<used_place const> places, T const* weights, T const* x, std::size_t n, T* y) {
  for_registers<T>(0, n, [&](std::size_t j, auto registers, std::size_t lanes) {
    using piece = register_row<T, decltype(registers)::value>;
    piece sum = piece::zero();
    for (used_place const place : places) {
      simd::batch<T> const a(weights[place.at]);
      piece const row = piece::of(x + place.row * n + j, lanes);
      for (std::size_t v = 0; v < piece::size; ++v) sum.v[v] = sum.v[v] + a * row.v[v];
    }
    sum.to(y + j, lanes);
  });
}

/// Columns begin .. end - 1 of the rows of one sample += weight times g.
template <Scalar T>
void spread_over_places(std::span<used_place const> places, T const* weights, T const* g, std::size_t n,
                        std::size_t begin, std::size_t end, T* to) {
  for_registers<T>(begin, end, [&](std::size_t j, auto registers, std::size_t lanes) {
    using piece = register_row<T, decltype(registers)::value>;
    piece const slope = piece::of(g + j, lanes);
    for (used_place const place : places) {
      simd::batch<T> const a(weights[place.at]);
      piece row = piece::of(to + place.row * n + j, lanes);
      for (std::size_t v = 0; v < piece::size; ++v) row.v[v] = row.v[v] + a * slope.v[v];
      row.to(to + place.row * n + j, lanes);
    }
  });
}

/// to[place] += row of the place . g.
template <Scalar T>
void dot_places(std::span<used_place const> places, T const* x, T const* g, std::size_t n, T* to) {
  sum_over_columns<T>(
      places, n,
      [&](std::size_t j, auto registers, std::size_t lanes) {
        using piece = register_row<T, decltype(registers)::value>;
        return [=, c = piece::or_zero(g + j, lanes)](std::size_t row) {
          piece product = piece::of(x + row * n + j, lanes);
          for (std::size_t v = 0; v < piece::size; ++v) product.v[v] = product.v[v] * c.v[v];
          return product.sum();
        };
      },
      [&](std::size_t at, T sum) { to[at] += sum; });
}

}  // namespace detail

/// y_b = sum_t w_bt x_(p_bt), batch x columns: what attention does with its values, without a copy of them for every
/// place.
///
/// `weights` is batch x time, `places` holds batch * time row numbers of x; a negative place (padding) adds nothing and
/// its weight gets no gradient. Throws value_error with the place of a number that has no row.
template <Scalar T>
[[nodiscard]] variable<T> weighted_sum_of_rows(variable<T> weights, variable<T> x, std::span<code_t const> places) {
  constexpr std::string_view where = "weighted_sum_of_rows";
  sequence_shape const shape{weights.rows(), weights.cols()};
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  detail::used_places const used = detail::find_places(t, places, shape, x.rows(), where);
  variable<T> const y = t.result(shape.batch, n, weights, x);
  detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b)
      detail::weigh_places(used.of(b), weights.data(), x.data(), n, y.data() + b * n);
  });
  t.on_backward(
      [=, &t] {
        T const* const g = y.gradient_data();
        if (T* const to = x.zeroed_target())
          detail::own_columns(t, shape.rows(), n, [&](std::size_t first, std::size_t cols) {
            for (std::size_t b = 0; b < shape.batch; ++b)
              detail::spread_over_places(used.of(b), weights.data(), g + b * n, n, first, first + cols, to);
          });
        if (T* const to = weights.zeroed_target())
          detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
            for (std::size_t b = begin; b < end; ++b) detail::dot_places(used.of(b), x.data(), g + b * n, n, to);
          });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
