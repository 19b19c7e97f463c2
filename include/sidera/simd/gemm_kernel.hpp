// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the matrix product, and what to pack for it.
#include <algorithm>
#include <cstddef>
#include <sidera/simd/fetch.hpp>
#include <sidera/simd/pack_panels.hpp>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd::detail {

/// The register tile and the sizes of what surrounds it.
template <Scalar T>
struct gemm_kernel {
  static constexpr std::size_t rows = tile_rows, columns = tile_vectors * width<T>;
  static constexpr std::size_t third = std::max<std::size_t>(1, rows / 3);  ///< tiles have one, two or three
  static constexpr std::size_t chain = 256;             ///< terms of k between two visits to C; fixes the rounding
  static constexpr std::size_t group_rows = 16 * rows;  ///< rows and columns of C that one task owns
  static constexpr std::size_t group_columns = 128;
  static constexpr std::size_t second_level = std::size_t{1} << 16;  ///< numbers of packed B that stay in a core's L2
  static constexpr std::size_t nearby = 2 * second_level;            ///< so small a factor is as well read where it is
  /// The same for A, which tiles of many rows read less often.
  static constexpr std::size_t nearby_left = rows < 12 ? nearby : 2 * nearby;
  static constexpr std::size_t third_level = std::size_t{1} << 21;  ///< ... in the cache that threads share

  /// One tile of at most `rows` x `columns` entries: C (+)= A B over k terms. `a_step` is the stride of A's rows where
  /// it is `row_major`, otherwise that of its terms; the other one is 1. What is left over at the edges of C takes as
  /// few registers as it needs: 64 rows are not worth 72.
  template <bool row_major>
  SIDERA_ALWAYS_INLINE static void tile(std::size_t k, T const* a, std::size_t a_step, T const* b, std::size_t b_k,
                                        T* c, std::size_t c_row, bool add, std::size_t m, std::size_t n) noexcept {
    auto const of_height = [&](auto vectors) __attribute__((always_inline)) {
      constexpr std::size_t V = decltype(vectors)::value;
      if (height(m) == rows)
        registers<rows, V, row_major>(k, a, a_step, b, b_k, c, c_row, add, m, n);
      else if (height(m) == 2 * third)
        registers<2 * third, V, row_major>(k, a, a_step, b, b_k, c, c_row, add, m, n);
      else
        registers<third, V, row_major>(k, a, a_step, b, b_k, c, c_row, add, m, n);
    };
    if (n > width<T>)
      of_height(std::integral_constant<std::size_t, tile_vectors>{});
    else
      of_height(std::integral_constant<std::size_t, 1>{});
  }

  /// Rows of A that a tile reads which has 1 <= m <= `rows` rows to compute.
  [[nodiscard]] static constexpr std::size_t height(std::size_t m) noexcept {
    return m > 2 * third ? rows : (m > third ? 2 * third : third);
  }
  /// Rows of the next tile where `left` rows are left that are read in place. A third of a tile cannot keep the
  /// multipliers busy: two tiles of two thirds are faster than a whole one and a third.
  [[nodiscard]] static constexpr std::size_t next_rows(std::size_t left) noexcept {
    return rows == 3 * third && left == rows + third ? 2 * third : std::min(rows, left);
  }
  /// The first rows of A that tiles can read without reading beyond the m-th.
  [[nodiscard]] static constexpr std::size_t whole_rows(std::size_t m) noexcept {
    std::size_t const last = m % rows;
    return last == 0 || height(last) == last ? m : m - last;
  }
  /// The first columns of B that tiles can read without reading beyond the n-th.
  [[nodiscard]] static constexpr std::size_t whole_columns(std::size_t n) noexcept {
    return n % columns % width<T> == 0 ? n : n / columns * columns;
  }

  /// Whether tiles read B (k x n) where it is: packing it pays when many rows of A meet it. Its rows are contiguous and
  /// `b_row` numbers apart, 0 if they are not; rows that are whole pages apart displace one another from L1.
  [[nodiscard]] static constexpr bool reads_in_place(std::size_t m, std::size_t n, std::size_t k,
                                                     std::size_t b_row) noexcept {
    constexpr std::size_t few = 8 * rows;
    if (b_row == 0 || n * k > nearby || m * n * k > few * nearby) return false;
    return m <= few || b_row * sizeof(T) % 4096 != 0;
  }

  /// Gathers m rows of A into tiles [k][rows] one after another; missing rows of the last tile are zero.
  static void pack_rows(strided_view<T> a, std::size_t m, std::size_t k, T* to) noexcept {
    pack_panels<rows>(a.transposed(), m, k, to);
  }
  /// Gathers n columns of B into panels [k][columns] one after another; missing columns of the last panel are zero.
  static void pack_columns(strided_view<T> b, std::size_t n, std::size_t k, T* to) noexcept {
    pack_panels<columns>(b, n, k, to);
  }

 private:
  /// R x V registers of C, of which m x n entries count. Asks for C before it computes and meanwhile, line by line, for
  /// the rows that the next tile reads of a row-major A: both often come from the cache that cores share.
  template <std::size_t R, std::size_t V, bool row_major>
  SIDERA_ALWAYS_INLINE static void registers(std::size_t k, T const* a, std::size_t a_step, T const* b, std::size_t b_k,
                                             T* c, std::size_t c_row, bool add, std::size_t m, std::size_t n) noexcept {
    constexpr bool asks = row_major && R * V >= 24;  // smaller tiles leave no room for it
    constexpr std::size_t in_line = cache_line / sizeof(T) - 1;
    std::size_t const a_row = row_major ? a_step : 1, a_k = row_major ? 1 : a_step;
    T const* const start = a;
    batch<T> sum[R * V];
    unroll<R * V>([&](auto i) __attribute__((always_inline)) {
      sum[i] = batch<T>(T(0));
      fetch_line<true>(c, (i / V) * c_row + (i % V) * width<T>);
    });
    for (std::size_t p = 0; p < k; ++p, b += b_k, a += a_k) {
      if constexpr (asks) fetch_line<false>(start, (R + (p & in_line)) * a_row + (p & ~in_line));
      batch<T> right[V];
      unroll<V>([&](auto j) __attribute__((always_inline)) { right[j] = load(b + j * width<T>); });
      unroll<R>([&](auto i) __attribute__((always_inline)) {
        batch<T> const left(a[i * a_row]);
        unroll<V>([&](auto j) __attribute__((always_inline)) {
          sum[i * V + j] = fused_multiply_add<T>(left, right[j], sum[i * V + j]);
        });
      });
    }
    if (m == R && n == V * width<T>)
      unroll<R * V>([&](auto t) __attribute__((always_inline)) {
        T* const to = c + (t / V) * c_row + (t % V) * width<T>;
        store<T>(to, add ? load(to) + sum[t] : sum[t]);
      });
    else
      store_edge<R, V>(sum, c, c_row, add, m, n);
  }

  template <std::size_t R, std::size_t V>
  SIDERA_ALWAYS_INLINE static void store_edge(batch<T> const* sum, T* c, std::size_t c_row, bool add, std::size_t m,
                                              std::size_t n) noexcept {
    constexpr std::size_t across = V * width<T>;
    alignas(64) T full[R * across];
    unroll<R * V>([&](auto t) __attribute__((always_inline)) { sum[t].store_aligned(full + t * width<T>); });
    for (std::size_t i = 0; i < m; ++i) {
      T const* const from = full + i * across;
      T* const to = c + i * c_row;
      std::size_t j = 0;
      for (; j + width<T> <= n; j += width<T>) store<T>(to + j, add ? load(to + j) + load(from + j) : load(from + j));
      for (; j < n; ++j) to[j] = add ? to[j] + from[j] : from[j];
    }
  }
};

}  // namespace sidera::inline SIDERA_ABI::simd::detail
