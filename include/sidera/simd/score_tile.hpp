// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the word search: scores of a few rows and one panel of words.
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd::detail {

/// Calls finish(r, scores) for each of `tile_rows` rows with their scores of one panel, tile_vectors registers a row.
///
/// A score starts at the word's bias and adds x_d w_d in the order of d: one chain of multiply-adds, whatever the tile.
/// `x` holds tile_rows rows of `dim` numbers, one after the other; `panel` holds dim x (tile_vectors * width) numbers.
template <Scalar T, class Finish>
SIDERA_ALWAYS_INLINE void score_tile(T const* x, T const* panel, T const* bias, std::size_t dim,
                                     Finish finish) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> sum[tile_rows * tile_vectors];
  unroll<tile_rows * tile_vectors>([&](auto i) __attribute__((always_inline)) {
    sum[i] = batch<T>::load_aligned(bias + (i % tile_vectors) * w);
  });
  for (std::size_t d = 0; d < dim; ++d, panel += tile_vectors * w) {
    batch<T> words[tile_vectors];
    unroll<tile_vectors>([&](auto v)
                             __attribute__((always_inline)) { words[v] = batch<T>::load_aligned(panel + v * w); });
    unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
      batch<T> const entry(x[r * dim + d]);
      unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
        sum[r * tile_vectors + v] = fused_multiply_add<T>(entry, words[v], sum[r * tile_vectors + v]);
      });
    });
  }
  unroll<tile_rows>([&](auto r) __attribute__((always_inline)) { finish(r, sum + r * tile_vectors); });
}

}  // namespace sidera::inline SIDERA_ABI::simd::detail
