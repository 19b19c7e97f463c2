// SPDX-License-Identifier: MIT
#pragma once
/// \file  The matrix product C (+)= A B for every combination of transposes, from strided views.
///
/// A and B are packed once per call into tiles that the registers like (Goto and van de Geijn, "Anatomy of
/// high-performance matrix multiplication", TOMS 2008); a row-major A, a small transposed one, and a small row-major B
/// that few rows of A meet are read in place. Every entry of C is one chain of fused multiply-adds in the order of k,
/// restarted every 256 terms, and every tile of C has one owner: no entry depends on the other rows and columns, on the
/// packing or on the executor.
#include <algorithm>
#include <cstddef>
#include <sidera/core/executor.hpp>
#include <sidera/simd/aligned_buffer.hpp>
#include <sidera/simd/gemm_kernel.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Memory that \ref gemm packs into; one workspace serves one call at a time.
template <Scalar T>
using gemm_workspace = aligned_buffer<T>;

namespace detail {

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
