// SPDX-License-Identifier: MIT
#pragma once
/// \file  Views with two strides, and their copies in the order in which a register-tiled product reads.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <sidera/core/scalar.hpp>
#if defined(__SSE2__)
#include <xmmintrin.h>
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

namespace detail {

/// Columns j .. j + 3 of x to to[p * step + 0 .. 3].
template <Scalar T>
void pack_four(strided_view<T> x, std::size_t p0, std::size_t p1, std::size_t j, T* to, std::size_t step) noexcept {
  std::size_t p = p0;
#if defined(__SSE2__)
  if constexpr (sizeof(T) == 4)
    for (; x.row_stride == 1 && p + 4 <= p1; p += 4) {
      __m128 r0 = _mm_loadu_ps(x.at(p, j)), r1 = _mm_loadu_ps(x.at(p, j + 1));
      __m128 r2 = _mm_loadu_ps(x.at(p, j + 2)), r3 = _mm_loadu_ps(x.at(p, j + 3));
      _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
      _mm_storeu_ps(to + p * step, r0);
      _mm_storeu_ps(to + (p + 1) * step, r1);
      _mm_storeu_ps(to + (p + 2) * step, r2);
      _mm_storeu_ps(to + (p + 3) * step, r3);
    }
#endif
  for (; p < p1; ++p)
    for (std::size_t i = 0; i < 4; ++i) to[p * step + i] = *x.at(p, j + i);
}

/// Entry (p, j) of x, j < n, becomes to[j / panel_width][p][j % panel_width]; the missing columns of the last panel are
/// zero.
template <std::size_t panel_width, Scalar T>
void pack_panels(strided_view<T> x, std::size_t n, std::size_t k, T* to) noexcept {
  // Terms at a time: what they share with the next panel stays in L1, and of contiguous ones several lines are read.
  std::size_t const strip = x.column_stride == 1 ? 16 : 64;
  for (std::size_t p0 = 0; p0 < k; p0 += strip) {
    std::size_t const p1 = std::min(k, p0 + strip);
    for (std::size_t j0 = 0; j0 < n; j0 += panel_width) {
      T* const panel = to + j0 * k;
      std::size_t const columns = std::min(panel_width, n - j0);
      if (columns < panel_width) std::fill_n(panel + p0 * panel_width, (p1 - p0) * panel_width, T(0));
      if (x.column_stride == 1 && columns == panel_width) {
        for (std::size_t p = p0; p < p1; ++p)
          std::memcpy(panel + p * panel_width, x.at(p, j0), panel_width * sizeof(T));
      } else if (x.column_stride == 1) {
        for (std::size_t p = p0; p < p1; ++p) std::copy_n(x.at(p, j0), columns, panel + p * panel_width);
      } else {
        std::size_t j = 0;
        for (; j + 4 <= columns; j += 4) pack_four(x, p0, p1, j0 + j, panel + j, panel_width);
        for (; j < columns; ++j)
          for (std::size_t p = p0; p < p1; ++p) panel[p * panel_width + j] = *x.at(p, j0 + j);
      }
    }
  }
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI::simd
