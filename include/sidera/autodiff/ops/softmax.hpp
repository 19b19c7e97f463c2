// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// The largest of n numbers, -infinity if there are none.
template <Scalar T>
[[nodiscard]] T largest_of(T const* x, std::size_t n) noexcept {
  constexpr std::size_t w = simd::width<T>;
  T best = -std::numeric_limits<T>::infinity();
  std::size_t i = 0;
  if (n >= w) {
    simd::batch<T> lanes = simd::load<T>(x);
    for (i = w; i + w <= n; i += w) lanes = batch_math::max(lanes, simd::load<T>(x + i));
    alignas(64) T each[w];
    simd::store<T>(each, lanes);
    for (T const v : each) best = v > best ? v : best;
  }
  for (; i < n; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

/// y = e^(x - max x) / sum; zeros when every entry is -infinity. `y` may be `x`.
template <Scalar T>
void softmax_row(T const* x, T* y, std::size_t n) {
  T const largest = largest_of(x, n);
  if (largest == -std::numeric_limits<T>::infinity()) {  // or NaN, which must not become 0
    simd::batch<T> const zero(T(0));
    transform<T>(
        y, false, n, [zero](simd::batch<T> v) { return batch_math::select(v < zero, zero, v); }, x);
    return;
  }
  transform<T>(
      y, false, n, [m = simd::batch<T>(largest)](simd::batch<T> v) { return batch_math::exp(v - m); }, x);
  simd::batch<T> const factor(static_cast<T>(1 / sum_of<T>(y, n)));
  transform<T>(
      y, false, n, [factor](simd::batch<T> v) { return v * factor; }, y);
}

/// With g the gradient of y = softmax(x), x gets y (g - sum_j g_j y_j).
template <Scalar T>
void softmax_backward(tape<T>& t, variable<T> x, variable<T> y) {
  std::size_t const n = y.cols();
  auto const to = x.target();
  parallel_for(t, y.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin * n; at < end * n; at += n) {
      T const* const g = y.gradient_data() + at;
      simd::batch<T> const mean(static_cast<T>(dot_of<T>(g, y.data() + at, n)));
      transform<T>(
          to.data + at, to.add, n, [mean](simd::batch<T> u, simd::batch<T> v) { return v * (u - mean); }, g,
          y.data() + at);
    }
  });
}

}  // namespace detail

/// y_ij = e^x_ij / sum_j' e^x_ij', over the columns of each row; safe for entries of any size.
template <Scalar T>
[[nodiscard]] variable<T> softmax(variable<T> x) {
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), n, x);
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) detail::softmax_row(x.data() + i * n, y.data() + i * n, n);
  });
  t.on_backward([=, &t] { detail::softmax_backward(t, x, y); }, y);
  return y;
}

/// Softmax over the entries whose mask is not 0; the others are 0, get no gradient, and however many there are change
/// no bit of the values. A row without any entry is 0.
///
/// The mask has G x columns flags with G a divisor of the rows: each row of flags serves rows / G rows of x (all heads
/// and queries of a sample share the flags of its keys).
template <Scalar T>
[[nodiscard]] variable<T> masked_softmax(variable<T> x, mask_view mask) {
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), groups = n == 0 ? 1 : mask.size() / n;
  if (groups * n != mask.size() || (x.size() != 0 && (groups == 0 || x.rows() % groups != 0)))
    throw shape_error("masked_softmax", "mask has " + std::to_string(mask.size()) + " flags, x is " + shape_text(x));
  auto const keep = t.keep(mask);
  variable<T> const y = t.result(x.rows(), n, x);
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::uint8_t const* const flags = keep.data() + i / (x.rows() / groups) * n;
      T* const row = y.data() + i * n;
      std::size_t taken = 0;  // side by side: how many others there are, and where, changes no bit
      for (std::size_t j = 0; j < n; ++j)
        if (flags[j] != 0) row[taken++] = x.data()[i * n + j];
      detail::softmax_row(row, row, taken);
      for (std::size_t j = n; j-- > 0;) row[j] = flags[j] != 0 ? row[--taken] : T(0);
    }
  });
  t.on_backward([=, &t] { detail::softmax_backward(t, x, y); }, y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
