// SPDX-License-Identifier: MIT
#pragma once
/// \file  The matrix product C (+)= A B for every combination of transposes, from strided views.
///
/// A and B are packed once per call into tiles that the registers like (Goto and van de Geijn, "Anatomy of
/// high-performance matrix multiplication", TOMS 2008); a row-major A, a small transposed one, and a small row-major B
/// that few rows of A meet are read in place. Every entry of C is one chain
/// of fused multiply-adds in the order of k, restarted every 256 terms, and every tile of C has one owner: no entry
/// depends on the other rows and columns, on the packing or on the executor.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sidera/core/executor.hpp>
#include <sidera/simd/aligned_buffer.hpp>
#include <sidera/simd/pack_panels.hpp>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Memory that \ref gemm packs into; one workspace serves one call at a time.
template <Scalar T>
using gemm_workspace = aligned_buffer<T>;

namespace detail {

/// Asks for the cache line of p[offset], to be written or read; it need not be where p points into.
template <bool written, Scalar T>
SIDERA_ALWAYS_INLINE void ask_for(T const* p, std::size_t offset) noexcept {
  __builtin_prefetch(reinterpret_cast<void const*>(reinterpret_cast<std::uintptr_t>(p) + offset * sizeof(T)), written);
}

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
    constexpr std::size_t in_line = 64 / sizeof(T) - 1;
    std::size_t const a_row = row_major ? a_step : 1, a_k = row_major ? 1 : a_step;
    T const* const start = a;
    batch<T> sum[R * V];
    unroll<R * V>([&](auto i) __attribute__((always_inline)) {
      sum[i] = batch<T>(T(0));
      ask_for<true>(c, (i / V) * c_row + (i % V) * width<T>);
    });
    for (std::size_t p = 0; p < k; ++p, b += b_k, a += a_k) {
      if constexpr (asks) ask_for<false>(start, (R + (p & in_line)) * a_row + (p & ~in_line));
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

[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t step) noexcept {
  return (n + step - 1) / step * step;
}

/// The stride of rows whose numbers are contiguous, 0 if they are not.
template <Scalar T>
[[nodiscard]] std::size_t contiguous_row_stride(strided_view<T> b) noexcept {
  return b.column_stride == 1 ? b.row_stride : 0;
}

/// Some columns of B: the first `direct` are read where they are, the others packed.
template <Scalar T>
struct right_slab {
  strided_view<T> view;
  T const* packed;
  std::size_t direct;
};

/// How one product is cut: which rows of A are packed, how many columns of B at a time, and where in the workspace.
template <Scalar T>
struct gemm_plan {
  using kernel = gemm_kernel<T>;

  std::size_t m, n, k;
  std::size_t first_packed;  ///< row of A; the rows before are read where they are
  std::size_t direct;        ///< columns of B that are read where they are
  std::size_t slab;          ///< columns of B that are packed at a time
  std::size_t a_size, size;  ///< numbers of the workspace for A, and for A and B

  /// `b_row` is the stride of B's rows where they are contiguous, otherwise 0. One thread multiplies what it has just
  /// packed; several need more columns at a time to share out.
  gemm_plan(std::size_t m_, std::size_t n_, std::size_t k_, strided_view<T> a, std::size_t b_row,
            std::size_t threads) noexcept
      : m(m_),
        n(n_),
        k(k_),
        first_packed(
            a.column_stride == 1 || (a.row_stride == 1 && m_ * k_ <= kernel::nearby_left) ? kernel::whole_rows(m_) : 0),
        direct(kernel::reads_in_place(m_, n_, k_, b_row) ? kernel::whole_columns(n_) : 0) {
    std::size_t const limit = threads == 1 ? kernel::second_level : kernel::third_level;
    std::size_t const fitting = limit / std::max<std::size_t>(k, 1);
    slab = std::max(kernel::group_columns, fitting / kernel::group_columns * kernel::group_columns);
    a_size = round_up(round_up(m - first_packed, kernel::rows) * k, 64);
    size = a_size + round_up(std::min(n, slab), kernel::columns) * k;
  }

  void pack_a(strided_view<T> a, T* to, executor_ref executor) const {
    block_partition const blocks{m - first_packed, kernel::group_rows};
    executor.run(blocks.count(), [&](std::size_t block, std::size_t) {
      std::size_t const i = blocks.begin(block);
      kernel::pack_rows({a.at(first_packed + i, 0), a.row_stride, a.column_stride}, blocks.length(block), k,
                        to + i * k);
    });
  }

  void pack_b(strided_view<T> b, std::size_t first, std::size_t count, T* to, executor_ref executor) const {
    block_partition const blocks{count, kernel::group_columns};
    executor.run(blocks.count(), [&](std::size_t block, std::size_t) {
      std::size_t const j = blocks.begin(block);
      kernel::pack_columns({b.at(0, first + j), b.row_stride, b.column_stride}, blocks.length(block), k, to + j * k);
    });
  }

  /// Rows i0 .. i1 - 1 and columns j0 .. j1 - 1; `b` and `c` begin at column 0 of the slab.
  void multiply(strided_view<T> a, T const* packed_a, right_slab<T> b, T* c, std::size_t c_row, bool add,
                std::size_t i0, std::size_t i1, std::size_t j0, std::size_t j1) const noexcept {
    for (std::size_t p = 0; p == 0 || p < k; p += kernel::chain)
      for (std::size_t j = j0; j < j1; j += kernel::columns) {
        bool const b_direct = j < b.direct;
        T const* const right = b_direct ? b.view.at(p, j) : b.packed + (j - b.direct) * k + p * kernel::columns;
        for (std::size_t i = i0, rows = 0; i < i1; i += rows) {
          bool const a_direct = i < first_packed;
          rows = a_direct ? kernel::next_rows(std::min(i1, first_packed) - i) : std::min(kernel::rows, m - i);
          T const* const left = a_direct ? a.at(i, p) : packed_a + (i - first_packed) * k + p * kernel::rows;
          std::size_t const terms = std::min(kernel::chain, k - p), across = std::min(kernel::columns, j1 - j);
          std::size_t const b_k = b_direct ? b.view.row_stride : kernel::columns;
          T* const to = c + i * c_row + j;
          if (a_direct && a.column_stride == 1)
            kernel::template tile<true>(terms, left, a.row_stride, right, b_k, to, c_row, add || p > 0, rows, across);
          else
            kernel::template tile<false>(terms, left, a_direct ? a.column_stride : kernel::rows, right, b_k, to, c_row,
                                         add || p > 0, rows, across);
        }
      }
  }
};

}  // namespace detail

/// The epilogue of a plain product.
struct no_epilogue {
  template <Scalar T>
  void operator()(T*, std::size_t, std::size_t, std::size_t) const noexcept {}
};

/// The right factor of a product (k x n), packed by \ref pack_right once for many products.
template <Scalar T>
struct packed_right {
  T const* numbers;  ///< the caller's
};

/// How many numbers \ref pack_right writes.
template <Scalar T>
[[nodiscard]] constexpr std::size_t packed_right_size(std::size_t n, std::size_t k) noexcept {
  return detail::round_up(n, detail::gemm_kernel<T>::columns) * k;
}

/// Packs B (k x n) into `to`, which begins on a cache line.
template <Scalar T>
[[nodiscard]] packed_right<T> pack_right(std::size_t n, std::size_t k, strided_view<T> b, T* to) {
  detail::gemm_kernel<T>::pack_columns(b, n, k, to);
  return {to};
}

/// C = A B, or C += A B with `add`; A is m x k, B is k x n, a view or packed; C is row-major with `c_row` >= n numbers
/// from row to row.
///
/// `epilogue(values, row, column, count)` is called once for every finished piece of a row of C while it is in cache.
/// C must not overlap A or B. Sizes of 0 are allowed (k = 0 gives zeros). Results do not depend on the executor, nor on
/// who packs.
template <Scalar T, class Right = strided_view<T>, class Epilogue = no_epilogue>
void gemm(std::size_t m, std::size_t n, std::size_t k, strided_view<T> a, Right b, T* c, std::size_t c_row, bool add,
          gemm_workspace<T>& workspace, executor_ref executor = {}, Epilogue const& epilogue = {}) {
  if (m == 0 || n == 0) return;
  using kernel = detail::gemm_kernel<T>;
  constexpr bool packed = std::is_same_v<Right, packed_right<T>>;
  std::size_t b_row = 0;
  if constexpr (!packed) b_row = detail::contiguous_row_stride(b);
  detail::gemm_plan<T> const plan(m, n, k, a, b_row, executor.concurrency());
  T* const packed_a = workspace.reserve(packed ? plan.a_size : plan.size);
  plan.pack_a(a, packed_a, executor);
  for (std::size_t first = 0; first < n; first += plan.slab) {
    std::size_t const count = std::min(plan.slab, n - first);
    detail::right_slab<T> right{{nullptr, 0, 0}, packed_a + plan.a_size, 0};
    if constexpr (packed) {
      right.packed = b.numbers + first * k;
    } else {
      right.view = {b.at(0, first), b.row_stride, b.column_stride};
      right.direct = std::min(count, plan.direct - std::min(plan.direct, first));
      plan.pack_b(b, first + right.direct, count - right.direct, packed_a + plan.a_size, executor);
    }
    block_partition const row_groups{m, kernel::group_rows}, column_groups{count, kernel::group_columns};
    executor.run(row_groups.count() * column_groups.count(), [&](std::size_t block, std::size_t) {
      std::size_t const i = block / column_groups.count(), j = block % column_groups.count();
      std::size_t const i0 = row_groups.begin(i), i1 = i0 + row_groups.length(i);
      std::size_t const j0 = column_groups.begin(j), j1 = j0 + column_groups.length(j);
      plan.multiply(a, packed_a, right, c + first, c_row, add, i0, i1, j0, j1);
      for (std::size_t row = i0; row < i1; ++row) epilogue(c + row * c_row + first + j0, row, first + j0, j1 - j0);
    });
  }
}

}  // namespace sidera::inline SIDERA_ABI::simd
