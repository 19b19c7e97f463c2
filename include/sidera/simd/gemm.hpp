// SPDX-License-Identifier: MIT
#pragma once
/// \file  The matrix product C (+)= A B for every combination of transposes, from strided views.
///
/// A and B are packed once per call into tiles that the registers like (Goto and van de Geijn, "Anatomy of
/// high-performance matrix multiplication", TOMS 2008); a row-major A is read in place. Every entry of C is one chain
/// of fused multiply-adds in the order of k, restarted every 256 terms, and every tile of C has one owner: no entry
/// depends on the other rows and columns, on the packing or on the executor.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <sidera/core/executor.hpp>
#include <sidera/simd/batch.hpp>
#include <utility>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace sidera::inline SIDERA_ABI::simd {

/// Entry (i, j) of a matrix is data[i * row_stride + j * column_stride]; one of the strides should be 1.
template <Scalar T>
struct strided_view {
  T const* data;
  std::size_t row_stride, column_stride;

  [[nodiscard]] T const* at(std::size_t i, std::size_t j) const noexcept {
    return data + i * row_stride + j * column_stride;
  }
  /// The same numbers with rows and columns exchanged.
  [[nodiscard]] strided_view transposed() const noexcept { return {data, column_stride, row_stride}; }
};

/// A view of a row-major matrix with `columns` columns.
template <Scalar T>
[[nodiscard]] strided_view<T> row_major(T const* data, std::size_t columns) noexcept {
  return {data, columns, 1};
}

/// Memory that \ref gemm packs into. It grows when a larger product needs it and is kept for the next one; one
/// workspace serves one call at a time.
template <Scalar T>
class gemm_workspace {
 public:
  /// Room for `count` numbers, aligned to a cache line; the old content is lost.
  [[nodiscard]] T* reserve(std::size_t count) {
    if (count > capacity_) {
      memory_.reset();
      memory_.reset(static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{64})));
      capacity_ = count;
    }
    return memory_.get();
  }

 private:
  struct release {
    void operator()(T* p) const noexcept { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, release> memory_;
  std::size_t capacity_ = 0;
};

namespace detail {

/// a * b + c, rounded once where the instruction set can. (xsimd 8.1 rounds twice on AVX-512.)
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> fused_multiply_add(batch<T> a, batch<T> b, batch<T> c) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_fmadd_ps(a, b, c);
  else
    return _mm512_fmadd_pd(a, b, c);
#elif defined(__AVX2__) && defined(__FMA__)
  if constexpr (sizeof(T) == 4)
    return _mm256_fmadd_ps(a, b, c);
  else
    return _mm256_fmadd_pd(a, b, c);
#else
  return a * b + c;
#endif
}

/// f(0), f(1), ..., f(N - 1) with constants, unrolled by the front end: a loop would leave accumulators in memory.
template <std::size_t N, class F>
SIDERA_ALWAYS_INLINE void unroll(F&& f) noexcept {
  [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
    (f(std::integral_constant<std::size_t, i>{}), ...);
  }
  (std::make_index_sequence<N>{});
}

/// The sizes of the register tile: tile_rows x (tile_vectors * width) entries of C.
#if defined(__AVX512F__)
inline constexpr std::size_t tile_rows = 12, tile_vectors = 2;
#elif defined(__AVX2__)
inline constexpr std::size_t tile_rows = 6, tile_vectors = 2;
#else
inline constexpr std::size_t tile_rows = 4, tile_vectors = 2;
#endif

template <Scalar T>
struct gemm_kernel {
  static constexpr std::size_t rows = tile_rows, columns = tile_vectors * width<T>;
  static constexpr std::size_t chain = 256;             ///< terms of k between two visits to C; fixes the rounding
  static constexpr std::size_t group_rows = 16 * rows;  ///< rows and columns of C that one task owns
  static constexpr std::size_t group_columns = 128;
  static constexpr std::size_t packed_limit = std::size_t{1} << 21;  ///< numbers of packed B at a time

  /// One register tile: C (+)= A B over k terms. `a_row` and `a_k` are the strides of A's rows and terms.
  SIDERA_ALWAYS_INLINE static void tile(std::size_t k, T const* a, std::size_t a_row, std::size_t a_k, T const* b, T* c,
                                        std::size_t c_row, bool add, std::size_t m, std::size_t n) noexcept {
    batch<T> sum[rows * tile_vectors];
    unroll<rows * tile_vectors>([&](auto i) __attribute__((always_inline)) { sum[i] = batch<T>(T(0)); });
    for (std::size_t p = 0; p < k; ++p, b += columns, a += a_k) {
      batch<T> right[tile_vectors];
      unroll<tile_vectors>([&](auto j)
                               __attribute__((always_inline)) { right[j] = batch<T>::load_aligned(b + j * width<T>); });
      unroll<rows>([&](auto i) __attribute__((always_inline)) {
        batch<T> const left(a[i * a_row]);
        unroll<tile_vectors>([&](auto j) __attribute__((always_inline)) {
          sum[i * tile_vectors + j] = fused_multiply_add<T>(left, right[j], sum[i * tile_vectors + j]);
        });
      });
    }
    if (m == rows && n == columns)
      unroll<rows * tile_vectors>([&](auto t) __attribute__((always_inline)) {
        T* const to = c + (t / tile_vectors) * c_row + (t % tile_vectors) * width<T>;
        store<T>(to, add ? load(to) + sum[t] : sum[t]);
      });
    else
      store_edge(sum, c, c_row, add, m, n);
  }

  /// Gathers `m` rows of A into tiles [k][rows], the missing rows of the last tile are zero.
  static void pack_rows(strided_view<T> a, std::size_t m, std::size_t k, T* to) noexcept {
    if (m == rows && a.row_stride == 1) {
      for (std::size_t p = 0; p < k; ++p) std::copy_n(a.at(0, p), rows, to + p * rows);
      return;
    }
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t p = 0; p < k; ++p) to[p * rows + i] = i < m ? *a.at(i, p) : T(0);
  }

  /// Gathers `n` columns of B into one panel [k][columns], the missing columns are zero.
  static void pack_columns(strided_view<T> b, std::size_t n, std::size_t k, T* to) noexcept {
    if (n == columns && b.column_stride == 1) {
      for (std::size_t p = 0; p < k; ++p) std::copy_n(b.at(p, 0), columns, to + p * columns);
      return;
    }
    constexpr std::size_t strip = 16;  // terms at a time: the strip of the panel stays in L1 while columns stream
    for (std::size_t p0 = 0; p0 < k; p0 += strip)
      for (std::size_t j = 0; j < columns; ++j)
        for (std::size_t p = p0; p < std::min(k, p0 + strip); ++p) to[p * columns + j] = j < n ? *b.at(p, j) : T(0);
  }

 private:
  SIDERA_ALWAYS_INLINE static void store_edge(batch<T> const* sum, T* c, std::size_t c_row, bool add, std::size_t m,
                                              std::size_t n) noexcept {
    alignas(64) T full[rows * columns];
    unroll<rows * tile_vectors>([&](auto t)
                                    __attribute__((always_inline)) { sum[t].store_aligned(full + t * width<T>); });
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < n; ++j)
        c[i * c_row + j] = add ? c[i * c_row + j] + full[i * columns + j] : full[i * columns + j];
  }
};

[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t step) noexcept {
  return (n + step - 1) / step * step;
}

}  // namespace detail

/// The epilogue of a plain product.
struct no_epilogue {
  template <Scalar T>
  void operator()(T*, std::size_t, std::size_t, std::size_t) const noexcept {}
};

/// C = A B, or C += A B with `add`; A is m x k, B is k x n, C is row-major with `c_row` >= n numbers from row to row.
///
/// `epilogue(values, row, column, count)` is called once for every finished piece of a row of C while it is in cache.
/// C must not overlap A or B. Sizes of 0 are allowed (k = 0 gives zeros). Results do not depend on the executor.
template <Scalar T, class Epilogue = no_epilogue>
void gemm(std::size_t m, std::size_t n, std::size_t k, strided_view<T> a, strided_view<T> b, T* c, std::size_t c_row,
          bool add, gemm_workspace<T>& workspace, executor_ref executor = {}, Epilogue const& epilogue = {}) {
  using kernel = detail::gemm_kernel<T>;
  if (m == 0 || n == 0) return;
  bool const in_place =
      a.column_stride == 1;  // rows of A are read where they are; only an incomplete last tile is packed
  std::size_t const tiles = (m + kernel::rows - 1) / kernel::rows, whole = m / kernel::rows;
  std::size_t const slab = std::max(kernel::group_columns, kernel::packed_limit / std::max<std::size_t>(k, 1) /
                                                               kernel::group_columns * kernel::group_columns);
  std::size_t const a_size = detail::round_up((in_place ? tiles - whole : tiles) * kernel::rows * k, 64);
  T* const packed_a = workspace.reserve(a_size + detail::round_up(std::min(n, slab), kernel::columns) * k);
  T* const packed_b = packed_a + a_size;
  std::size_t const first_packed = in_place ? whole : 0;
  block_partition const a_blocks{tiles - first_packed, 16};
  executor.run(a_blocks.count(), [&](std::size_t block, std::size_t) {
    for (std::size_t t = a_blocks.begin(block); t < a_blocks.begin(block) + a_blocks.length(block); ++t) {
      std::size_t const row = (first_packed + t) * kernel::rows;
      kernel::pack_rows({a.at(row, 0), a.row_stride, a.column_stride}, std::min(kernel::rows, m - row), k,
                        packed_a + t * kernel::rows * k);
    }
  });
  for (std::size_t j0 = 0; j0 < n; j0 += slab) {
    std::size_t const width_now = std::min(slab, n - j0);
    block_partition const b_blocks{width_now, kernel::group_columns}, row_blocks{m, kernel::group_rows};
    executor.run(b_blocks.count(), [&](std::size_t block, std::size_t) {
      for (std::size_t j = b_blocks.begin(block); j < b_blocks.begin(block) + b_blocks.length(block);
           j += kernel::columns)
        kernel::pack_columns({b.at(0, j0 + j), b.row_stride, b.column_stride}, std::min(kernel::columns, width_now - j),
                             k, packed_b + j * k);
    });
    executor.run(row_blocks.count() * b_blocks.count(), [&](std::size_t block, std::size_t) {
      std::size_t const rb = block / b_blocks.count(), cb = block % b_blocks.count();
      std::size_t const i0 = row_blocks.begin(rb), i1 = i0 + row_blocks.length(rb);
      std::size_t const c0 = b_blocks.begin(cb), c1 = c0 + b_blocks.length(cb);
      for (std::size_t p = 0; p == 0 || p < k; p += kernel::chain)
        for (std::size_t j = c0; j < c1; j += kernel::columns)
          for (std::size_t i = i0; i < i1; i += kernel::rows) {
            bool const direct = in_place && i + kernel::rows <= m;
            T const* const left =
                direct ? a.at(i, p) : packed_a + (i - first_packed * kernel::rows) * k + p * kernel::rows;
            kernel::tile(std::min(kernel::chain, k - p), left, direct ? a.row_stride : 1, direct ? 1 : kernel::rows,
                         packed_b + j * k + p * kernel::columns, c + i * c_row + j0 + j, c_row, add || p > 0,
                         std::min(kernel::rows, m - i), std::min(kernel::columns, c1 - j));
          }
      for (std::size_t i = i0; i < i1; ++i) epilogue(c + i * c_row + j0 + c0, i, j0 + c0, c1 - c0);
    });
  }
}

}  // namespace sidera::inline SIDERA_ABI::simd
