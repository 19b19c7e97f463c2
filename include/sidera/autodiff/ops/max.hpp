// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <limits>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Lets every entry of `row` take the place of a smaller one in `best`, and the first NaN that of a number; `step` then
/// takes the place of `winner`. `step` and `winner` are moved as they are, whatever number their bits are.
template <Scalar T>
void take_larger(T const* row, T step, std::size_t n, T* best, T* winner) noexcept {
  constexpr std::size_t w = simd::width<T>;
  std::size_t j = 0;
  for (simd::batch<T> const steps(step); j + w <= n; j += w) {
    auto const v = simd::load<T>(row + j), b = simd::load<T>(best + j), at = simd::load<T>(winner + j);
    auto const smaller = v <= b, number = b == b;  // otherwise v is larger or NaN
    simd::store<T>(best + j, batch_math::select(smaller, b, batch_math::select(number, v, b)));
    simd::store<T>(winner + j, batch_math::select(smaller, at, batch_math::select(number, steps, at)));
  }
  for (; j < n; ++j)
    if (!(row[j] <= best[j]) && best[j] == best[j]) best[j] = row[j], winner[j] = step;
}

/// The same for one column: the `count` numbers behind the first one.
template <Scalar T, class Step>
void take_largest(T const* x, mask_view mask, Step first, Step count, T& best, T& winner) noexcept {
  T top = best;
  Step at = first;
  for (Step i = first + 1; i < count; ++i)
    if (!(x[i] <= top) && top == top && (mask.empty() || mask[i] != 0)) top = x[i], at = i;
  best = top, winner = std::bit_cast<T>(at);
}

/// The largest entries of `time` rows and the steps where they are first; without a row that counts 0 and `nobody`.
template <Scalar T, class Step>
void max_of_block(T const* rows, mask_view mask, Step time, std::size_t n, Step nobody, T* best, T* winner) {
  auto const counts = [&](Step i) { return mask.empty() || mask[i] != 0; };
  Step i = 0;
  while (i < time && !counts(i)) ++i;
  std::fill_n(winner, n, std::bit_cast<T>(i < time ? i : nobody));
  if (i == time) return (void)std::fill_n(best, n, T(0));
  std::copy_n(rows + i * n, n, best);
  if (n == 1) return take_largest(rows, mask, i, time, *best, *winner);
  for (++i; i < time; ++i)
    if (counts(i)) take_larger(rows + i * n, std::bit_cast<T>(i), n, best, winner);
}

/// y_bj = the largest entry of column j in block b of `time` rows, NaN where there is one; the gradient goes to its
/// first occurrence. With a mask (one flag per row) only rows whose flag is not 0 count; a block without any is 0.
template <Scalar T>
[[nodiscard]] variable<T> max_of_blocks(variable<T> x, sequence_shape shape, mask_view mask) {
  using step = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
  constexpr step nobody = std::numeric_limits<step>::max();
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), time = shape.time;
  variable<T> const y = t.result(shape.batch, n, x);
  T* const winner = t.scratch(y.size());
  parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b)
      max_of_block(x.data() + b * time * n, mask.empty() ? mask : mask.subspan(b * time, time), static_cast<step>(time),
                   n, nobody, y.data() + b * n, winner + b * n);
  });
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t at = 0; at < y.size(); ++at)
          if (auto const i = std::bit_cast<step>(winner[at]); i != nobody)
            to[(at / n * time + i) * n + at % n] += y.gradient_data()[at];
      },
      y);
  return y;
}

template <Scalar T>
void require_numbers(variable<T> x, std::size_t count, std::string_view function) {
  if (count == 0) throw shape_error(function, "x is " + shape_text(x) + ": a maximum of no numbers");
}

}  // namespace detail

/// y = the largest entry, 1 x 1, or NaN where there is one, as with all maxima here; the gradient goes to the first
/// one.
template <Scalar T>
[[nodiscard]] variable<T> max(variable<T> x) {
  detail::require_numbers(x, x.size(), "max");
  return detail::max_of_blocks(detail::as_shape(x, x.size(), 1), {1, x.size()}, {});
}
/// y_j = max_i x_ij, 1 x columns; the gradient goes to the first one.
template <Scalar T>
[[nodiscard]] variable<T> max_over_rows(variable<T> x) {
  detail::require_numbers(x, x.rows(), "max_over_rows");
  return detail::max_of_blocks(x, {1, x.rows()}, {});
}
/// y_i = max_j x_ij, rows x 1; the gradient goes to the first one.
template <Scalar T>
[[nodiscard]] variable<T> max_over_columns(variable<T> x) {
  detail::require_numbers(x, x.cols(), "max_over_columns");
  return detail::max_of_blocks(detail::as_shape(x, x.size(), 1), {x.rows(), x.cols()}, {});
}
/// y_bj = max_t x_(b,t)j, batch x columns; the gradient goes to the first one. With a mask (one flag per row of x),
/// steps whose flag is 0 are left out; a sample without any step gives 0.
template <Scalar T>
[[nodiscard]] variable<T> max_over_time(variable<T> x, sequence_shape shape, mask_view mask = {}) {
  require_sequence(x, shape, "max_over_time");
  detail::require_numbers(x, shape.time, "max_over_time");
  if (!mask.empty() && mask.size() != x.rows())
    throw shape_error("max_over_time", "mask has " + std::to_string(mask.size()) + " flags, x is " + shape_text(x));
  return detail::max_of_blocks(x, shape, mask);
}

}  // namespace sidera::inline SIDERA_ABI
