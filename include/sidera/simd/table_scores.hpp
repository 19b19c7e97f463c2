// SPDX-License-Identifier: MIT
#pragma once
/// \file  Scores of one row for several hypotheses, and those of them that can be among the best few.
#include <bit>
#include <sidera/simd/lane_mask.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Lanes whose maxima \ref scores_after_tables keeps.
template <Scalar T>
inline constexpr std::size_t maxima_lanes = detail::tile_vectors* width<T>;

/// out[j] = scores[j] + shift - tables[0][j] - tables[1][j] - ..., and lanes[j % maxima_lanes] becomes the largest of
/// itself and out[j]. `count` is a multiple of maxima_lanes; all pointers are aligned; no number is NaN.
template <Scalar T>
void scores_after_tables(T const* scores, T shift, T const* const* tables, std::size_t table_count, std::size_t count,
                         T* out, T* lanes) noexcept {
  batch<T> best[detail::tile_vectors];
  detail::unroll<detail::tile_vectors>([&](auto v) __attribute__((always_inline)) {
    best[v] = batch<T>::load_aligned(lanes + v * width<T>);
  });
  for (std::size_t j = 0; j < count; j += maxima_lanes<T>)
    detail::unroll<detail::tile_vectors>([&](auto v) __attribute__((always_inline)) {
      std::size_t const at = j + v * width<T>;
      batch<T> left = batch<T>::load_aligned(scores + at) + batch<T>(shift);
      for (std::size_t t = 0; t < table_count; ++t) left = left - batch<T>::load_aligned(tables[t] + at);
      left.store_aligned(out + at);
      best[v] = xsimd::max(best[v], left);
    });
  detail::unroll<detail::tile_vectors>([&](auto v) __attribute__((always_inline)) {
    best[v].store_aligned(lanes + v * width<T>);
  });
}

/// Calls take(j) in ascending order for each of `count` numbers that is at least `bound`; `count` is a multiple of
/// width<T>, `numbers` is aligned.
template <Scalar T, class Take>
void for_each_at_least(T const* numbers, std::size_t count, T bound, Take const& take) {
  for (std::size_t at = 0; at < count; at += width<T>)
    for (std::uint32_t hits = lanes_at_least<T>(batch<T>::load_aligned(numbers + at), batch<T>(bound)); hits != 0;
         hits &= hits - 1)
      take(at + static_cast<std::size_t>(std::countr_zero(hits)));
}

}  // namespace sidera::inline SIDERA_ABI::simd
