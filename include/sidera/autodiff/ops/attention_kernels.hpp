// SPDX-License-Identifier: MIT
#pragma once
/// \file  Inner products and weighted sums of a few rows for several heads at once: every row is read once for four
/// heads, and sums stay in registers.
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/simd/lane_sums.hpp>

namespace sidera::inline SIDERA_ABI::detail {

/// Heads that are worked on together; the rows beside them make a register of results.
template <Scalar T>
inline constexpr std::size_t head_block = std::min<std::size_t>(4, simd::width<T>);

/// out[h * stride + i] = q_h . row(i) for `Heads` heads and `count` rows of n numbers; q_h = q + h * n. Each result
/// depends on its own row and head alone.
template <std::size_t Heads, Scalar T, class Row>
void dot_head_block(T const* q, std::size_t n, std::size_t count, Row const& row, T* out, std::size_t stride) {
  using batch = simd::batch<T>;
  using simd::detail::unroll;
  constexpr std::size_t w = simd::width<T>, rows = w / Heads;
  std::size_t const whole = n / w * w;
  for (std::size_t first = 0; first < count; first += rows) {
    std::size_t const some = std::min(rows, count - first);
    T const* x[rows];
    for (std::size_t r = 0; r < rows; ++r) x[r] = row(first + std::min(r, some - 1));
    batch sums[w];
    unroll<w>([&](auto i) __attribute__((always_inline)) { sums[i] = batch(T(0)); });
    for (std::size_t j = 0; j < whole; j += w) {
      batch b[rows];
      unroll<rows>([&](auto r) __attribute__((always_inline)) { b[r] = simd::load<T>(x[r] + j); });
      unroll<Heads>([&](auto h) __attribute__((always_inline)) {
        batch const a = simd::load<T>(q + h * n + j);
        unroll<rows>([&](auto r) __attribute__((always_inline)) {
          sums[h * rows + r] = simd::detail::fused_multiply_add<T>(a, b[r], sums[h * rows + r]);
        });
      });
    }
    alignas(64) T found[w];
    simd::store<T>(found, simd::lane_sums<T>(sums));
    for (std::size_t i = 0; whole < n && i < w; ++i)
      for (std::size_t j = whole; j < n; ++j) found[i] += q[i / rows * n + j] * x[i % rows][j];
    for (std::size_t h = 0; h < Heads; ++h) {
      T* const to = out + h * stride + first;
      if (some == rows)  // of a known length: no call
        std::copy_n(found + h * rows, rows, to);
      else
        for (std::size_t r = 0; r < some; ++r) to[r] = found[h * rows + r];
    }
  }
}

/// The same for any number of heads.
template <Scalar T, class Row>
void dot_heads(T const* q, std::size_t heads, std::size_t n, std::size_t count, Row const& row, T* out,
               std::size_t stride) {
  constexpr std::size_t block = head_block<T>;
  std::size_t h = 0;
  for (; h + block <= heads; h += block) dot_head_block<block>(q + h * n, n, count, row, out + h * stride, stride);
  for (; h < heads; ++h) dot_head_block<1>(q + h * n, n, count, row, out + h * stride, stride);
}

/// out_h (n numbers each, `n` apart) = or += sum_i weight[h * stride + i] row(i) for `Heads` heads.
template <std::size_t Heads, Scalar T, class Row>
void weigh_head_block(T const* weight, std::size_t stride, std::size_t count, std::size_t n, Row const& row, T* out,
                      bool add) {
  using batch = simd::batch<T>;
  constexpr std::size_t w = simd::width<T>;
  auto const columns = [&](std::size_t j, auto vectors, std::size_t some) {
    constexpr std::size_t V = decltype(vectors)::value;
    batch sums[Heads * V];
    for (batch& s : sums) s = batch(T(0));
    for (std::size_t i = 0; i < count; ++i) {
      batch x[V];
      for (std::size_t v = 0; v < V; ++v) x[v] = load_some<T>(row(i) + j + v * w, some);
      for (std::size_t h = 0; h < Heads; ++h) {
        batch const a(weight[h * stride + i]);
        for (std::size_t v = 0; v < V; ++v) sums[h * V + v] = sums[h * V + v] + a * x[v];
      }
    }
    for (std::size_t h = 0; h < Heads; ++h)
      for (std::size_t v = 0; v < V; ++v) {
        T* const to = out + h * n + j + v * w;
        store_some<T>(to, add ? load_some<T>(to, some) + sums[h * V + v] : sums[h * V + v], some);
      }
  };
  std::size_t j = 0;
  for (; j + 2 * w <= n; j += 2 * w) columns(j, std::integral_constant<std::size_t, 2>{}, w);
  for (; j < n; j += w) columns(j, std::integral_constant<std::size_t, 1>{}, std::min(w, n - j));
}

/// The same for any number of heads.
template <Scalar T, class Row>
void weigh_heads(T const* weight, std::size_t stride, std::size_t heads, std::size_t count, std::size_t n,
                 Row const& row, T* out, bool add) {
  std::size_t h = 0;
  for (; h + 4 <= heads; h += 4) weigh_head_block<4>(weight + h * stride, stride, count, n, row, out + h * n, add);
  for (; h < heads; ++h) weigh_head_block<1>(weight + h * stride, stride, count, n, row, out + h * n, add);
}

/// to(i) (n numbers) = or += sum_h a[h * stride + i] u_h + b[h * stride + i] v_h for `count` rows; u_h = u + h * n, v
/// alike.
template <Scalar T, class Row>
void spread_heads(T const* a, T const* u, T const* b, T const* v, std::size_t stride, std::size_t heads,
                  std::size_t count, std::size_t n, Row const& to, bool add) {
  using batch = simd::batch<T>;
  constexpr std::size_t w = simd::width<T>;
  auto const columns = [&](std::size_t i, std::size_t j, auto vectors, std::size_t some) {
    constexpr std::size_t V = decltype(vectors)::value;
    batch sums[V];
    for (std::size_t k = 0; k < V; ++k) sums[k] = add ? load_some<T>(to(i) + j + k * w, some) : batch(T(0));
    for (std::size_t h = 0; h < heads; ++h) {
      batch const x(a[h * stride + i]), y(b[h * stride + i]);
      for (std::size_t k = 0; k < V; ++k) {
        std::size_t const at = h * n + j + k * w;
        sums[k] = sums[k] + x * load_some<T>(u + at, some) + y * load_some<T>(v + at, some);
      }
    }
    for (std::size_t k = 0; k < V; ++k) store_some<T>(to(i) + j + k * w, sums[k], some);
  };
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t j = 0;
    for (; j + 4 * w <= n; j += 4 * w) columns(i, j, std::integral_constant<std::size_t, 4>{}, w);
    for (; j < n; j += w) columns(i, j, std::integral_constant<std::size_t, 1>{}, std::min(w, n - j));
  }
}

}  // namespace sidera::inline SIDERA_ABI::detail
