// SPDX-License-Identifier: MIT
#pragma once
/// \file  What ops are built from: loops over contiguous numbers in whole registers, cut into blocks for threads.
#include <array>
#include <concepts>
#include <sidera/autodiff/batch_math.hpp>
#include <sidera/autodiff/tape.hpp>
#include <sidera/simd/first_lanes.hpp>
#include <sidera/simd/lane_mask.hpp>

namespace sidera::inline SIDERA_ABI {

/// A differentiable function of one number, applied entry by entry.
///
/// Syntax:    `f.f(x)` the value, `f.d(x, y)` the derivative at x where y = f(x); both on a simd::batch
///            `F::from_output` (optional, true) the derivative uses y alone, so that x need not be kept
/// Semantics: each lane depends on its own lane only.
/// Models:    everything in namespace functions.
template <class F, class T>
concept ElementwiseFunction = Scalar<T> && std::is_trivially_destructible_v<F> &&
    requires(F const f, simd::batch<T> x) {
  { f.f(x) } -> std::convertible_to<simd::batch<T>>;
  { f.d(x, x) } -> std::convertible_to<simd::batch<T>>;
};

/// Whether the derivative of F is a function of its value alone.
template <class F>
inline constexpr bool derivative_from_output = [] {
  if constexpr (requires { F::from_output; })
    return F::from_output;
  else
    return false;
}();

namespace detail {

/// `count` <= width numbers at p; the other lanes are 1, which no function here minds.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE simd::batch<T> load_some(T const* p, std::size_t count) noexcept {
  return count == simd::width<T> ? simd::load<T>(p) : simd::load_first<T>(p, count, T(1));
}
template <Scalar T>
SIDERA_ALWAYS_INLINE void store_some(T* p, simd::batch<T> v, std::size_t count) noexcept {
  return count == simd::width<T> ? simd::store<T>(p, v) : simd::store_first<T>(p, v, count);
}

/// out[i ...] = g(i, count) or, with `add`, +=; g gives the `count` <= width entries from i on as a batch.
template <Scalar T, class G>
SIDERA_ALWAYS_INLINE void generate(T* out, bool add, std::size_t n, G const& g) {
  constexpr std::size_t w = simd::width<T>;
  std::size_t i = 0;
  if (add)
    for (; i + w <= n; i += w) simd::store<T>(out + i, simd::load<T>(out + i) + g(i, w));
  else
    for (; i + w <= n; i += w) simd::store<T>(out + i, g(i, w));
  if (i == n) return;
  simd::batch<T> v = g(i, n - i);
  if (add) v = v + load_some<T>(out + i, n - i);
  store_some<T>(out + i, v, n - i);
}

/// sum_i g(i), in double: chains of at most 128 registers each, so that float keeps its digits.
template <Scalar T, class G>
[[nodiscard]] SIDERA_ALWAYS_INLINE double accumulate(std::size_t n, G const& g) {
  constexpr std::size_t w = simd::width<T>, chunk = 256 * w;
  double sum = 0;
  for (std::size_t begin = 0; begin < n; begin += chunk) {
    std::size_t const end = std::min(n, begin + chunk);
    simd::batch<T> even(T(0)), odd(T(0));
    std::size_t i = begin;
    for (; i + 2 * w <= end; i += 2 * w) even = even + g(i, w), odd = odd + g(i + w, w);
    if (i + w <= end) even = even + g(i, w), i += w;
    if (i < end) odd = odd + simd::zero_rest<T>(g(i, end - i), end - i);
    sum += static_cast<double>(simd::joined_lanes<T>(even + odd));
  }
  return sum;
}

/// totals += sums, and then sums = totals where that was the `last` piece, or else 0.
template <Scalar T>
void move_to_totals(T* sums, double* totals, std::size_t count, bool last) noexcept {
  for (std::size_t j = 0; j < count; ++j) {
    totals[j] += static_cast<double>(sums[j]);
    sums[j] = last ? static_cast<T>(totals[j]) : T(0);
  }
}

/// Sums over rows that keep the digits of float: add(i, begin, count) adds entries begin .. begin + count - 1 of row i
/// to every array of `sums` (`cols` numbers each; null: there is none), in the order of the rows. What 256 rows add up
/// to goes on to sums in double.
template <Scalar T, std::size_t S, class Add>
SIDERA_ALWAYS_INLINE void add_rows(std::array<T*, S> sums, std::size_t rows, std::size_t cols, Add const& add) {
  constexpr std::size_t piece = 256, columns = 1024;  // whole rows where they fit, which memory is fastest at
  if (rows <= piece) {
    for (std::size_t i = 0; i < rows; ++i) add(i, std::size_t{0}, cols);
    return;
  }
  for (std::size_t begin = 0; begin < cols; begin += columns) {
    std::size_t const count = std::min(columns, cols - begin);
    double totals[S][columns];
    for (double* const total : totals) std::fill_n(total, count, 0.0);
    for (std::size_t i = 0; i < rows;) {
      for (std::size_t const end = std::min(rows, i + piece); i < end; ++i) add(i, begin, count);
      for (std::size_t s = 0; s < S; ++s)
        if (sums[s] != nullptr) move_to_totals(sums[s] + begin, totals[s], count, i == rows);
    }
  }
}

/// out[i] = f(in[i], ...) or, with `add`, +=. `out` may be one of the inputs.
template <Scalar T, class F, class... In>
void transform(T* out, bool add, std::size_t n, F f, In const*... in) {
  generate<T>(out, add, n, [&](std::size_t i, std::size_t count) { return f(load_some<T>(in + i, count)...); });
}

/// The sum of n numbers.
template <Scalar T>
[[nodiscard]] double sum_of(T const* x, std::size_t n) {
  return accumulate<T>(n, [x](std::size_t i, std::size_t count) { return load_some<T>(x + i, count); });
}
/// The inner product of two rows.
template <Scalar T>
[[nodiscard]] double dot_of(T const* a, T const* b, std::size_t n) {
  return accumulate<T>(
      n, [=](std::size_t i, std::size_t count) { return load_some<T>(a + i, count) * load_some<T>(b + i, count); });
}

/// Numbers that one block of an elementwise pass holds.
inline constexpr std::size_t block_numbers = 16384;

/// Calls body(begin, end) for pieces of 0 .. n - 1 on the threads of the tape; an index stands for `weight` numbers.
/// The pieces depend on n and weight alone.
template <Scalar T, class Body>
void parallel_for(tape<T>& t, std::size_t n, std::size_t weight, Body const& body) {
  block_partition const blocks{n, std::max<std::size_t>(1, block_numbers / std::max<std::size_t>(weight, 1))};
  t.executor().run(blocks.count(),
                   [&](std::size_t b, std::size_t) { body(blocks.begin(b), blocks.begin(b) + blocks.length(b)); });
}

/// The same for columns of a rows x cols matrix: for sums over rows, where a piece of the columns has one owner.
template <Scalar T, class Body>
void parallel_columns(tape<T>& t, std::size_t rows, std::size_t cols, Body const& body) {
  block_partition const blocks{cols, rows * cols <= block_numbers ? std::max<std::size_t>(cols, 1) : 64};
  t.executor().run(blocks.count(),
                   [&](std::size_t b, std::size_t) { body(blocks.begin(b), blocks.begin(b) + blocks.length(b)); });
}

/// transform() on the threads of the tape.
template <Scalar T, class F, class... In>
void parallel_transform(tape<T>& t, T* out, bool add, std::size_t n, F f, In const*... in) {
  parallel_for(t, n, 1, [&](std::size_t begin, std::size_t end) {
    transform<T>(out + begin, add, end - begin, f, (in + begin)...);
  });
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
