// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/clamp.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// to_i (+)= 2 (sum_j g_ij x_i - (op(g) w)_i): what a squared distance gives to one side. `g` is m x n as seen by x.
template <Scalar T>
void add_distance_gradient(tape<T>& t, variable<T> side, T const* x, T const* w, simd::strided_view<T> g, std::size_t m,
                           std::size_t n) {
  auto const to = side.target();
  if (!to) return;
  std::size_t const d = side.cols();
  T* const pulled = t.scratch(m * d);
  t.product(m, d, n, g, simd::row_major(w, d), pulled, d, false);
  parallel_for(t, m, d + n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(*g.at(i, j));
      simd::batch<T> const s(static_cast<T>(sum)), two(T(2));
      transform<T>(
          to.data + i * d, to.add, d, [=](simd::batch<T> v, simd::batch<T> p) { return two * (s * v - p); }, x + i * d,
          pulled + i * d);
    }
  });
}

/// x - center, row by row.
template <Scalar T>
[[nodiscard]] T* centred(tape<T>& t, variable<T> x, T const* center) {
  T* const moved = t.scratch(x.size());
  for (std::size_t at = 0; at < x.size(); at += x.cols())
    transform<T>(
        moved + at, false, x.cols(), [](simd::batch<T> v, simd::batch<T> c) { return v - c; }, x.data() + at, center);
  return moved;
}

}  // namespace detail

/// y_ij = |a_i - b_j|^2 >= 0: rows of a x rows of b. Computed as |a|^2 - 2 a.b + |b|^2 about the mean of b, so that a
/// common offset costs no digits.
template <Scalar T>
[[nodiscard]] variable<T> squared_distances(variable<T> a, variable<T> b) {
  require_shapes(a.cols() == b.cols(), "squared_distances", a, b, "equal columns");
  tape<T>& t = a.owner();
  std::size_t const m = a.rows(), n = b.rows(), d = a.cols();
  variable<T> const y = t.result(m, n, a, b);
  T* const center = t.scratch(d);
  std::fill_n(center, d, T(0));
  simd::batch<T> const part(n == 0 ? T(0) : T(1) / static_cast<T>(n));
  for (std::size_t j = 0; j < n; ++j)
    detail::transform<T>(
        center, true, d, [part](simd::batch<T> v) { return v * part; }, b.data() + j * d);
  T const *const x = detail::centred(t, a, center), *const w = detail::centred(t, b, center);
  T* const b_norm = t.scratch(n);
  for (std::size_t j = 0; j < n; ++j) b_norm[j] = static_cast<T>(detail::dot_of<T>(w + j * d, w + j * d, d));
  t.product(m, n, d, simd::row_major(x, d), simd::row_major(w, d).transposed(), y.data(), n, false);
  detail::parallel_for(t, m, n + d, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      simd::batch<T> const norm(static_cast<T>(detail::dot_of<T>(x + i * d, x + i * d, d))), two(T(2)), zero(T(0));
      auto const assemble = [=](simd::batch<T> dot, simd::batch<T> c) {
        return batch_math::max(zero, norm - two * dot + c);
      };
      detail::transform<T>(y.data() + i * n, false, n, assemble, y.data() + i * n, b_norm);
    }
  });
  t.on_backward(
      [=, &t] {
        auto const g = simd::row_major<T>(y.gradient_data(), n);
        detail::add_distance_gradient<T>(t, a, x, w, g, m, n);
        detail::add_distance_gradient<T>(t, b, w, x, g.transposed(), n, m);
      },
      y);
  return y;
}

/// y_ij = |a_i - b_j|; a pair closer than 1e-15 has that distance and no gradient.
template <Scalar T>
[[nodiscard]] variable<T> distances(variable<T> a, variable<T> b) {
  return sqrt(clamp(squared_distances(a, b), 1e-30, std::numeric_limits<double>::infinity()));
}

}  // namespace sidera::inline SIDERA_ABI
