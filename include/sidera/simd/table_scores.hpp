// SPDX-License-Identifier: MIT
#pragma once
/// \file  Scores of one row for several hypotheses, and those of them that can be among the best few.
#include <limits>
#include <sidera/simd/candidates.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// out[j] = scores[j] + shift - tables[0][j] - tables[1][j] - ..., and lanes[j % score_chunk] becomes the largest of
/// itself and out[j]. As in \ref chunk_maxima, the largest ones lane by lane of chunk c go to maxima[c * width].
/// `count` is a multiple of score_chunk; all pointers are aligned; no number is NaN.
template <Scalar T>
void scores_after_tables(T const* scores, T shift, T const* const* tables, std::size_t table_count, std::size_t count,
                         T* out, T* maxima, T* lanes) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> best[4], left[4];
  detail::unroll<4>([&](auto v) __attribute__((always_inline)) { best[v] = batch<T>::load_aligned(lanes + v * w); });
  for (std::size_t j = 0; j < count; j += score_chunk<T>, maxima += w) {
    detail::unroll<4>([&](auto v) __attribute__((always_inline)) {
      left[v] = batch<T>::load_aligned(scores + j + v * w) + batch<T>(shift);
    });
    for (std::size_t t = 0; t < table_count; ++t)
      detail::unroll<4>([&](auto v) __attribute__((always_inline)) {
        left[v] = left[v] - batch<T>::load_aligned(tables[t] + j + v * w);
      });
    detail::unroll<4>([&](auto v) __attribute__((always_inline)) {
      left[v].store_aligned(out + j + v * w);
      best[v] = xsimd::max(best[v], left[v]);
    });
    xsimd::max(xsimd::max(left[0], left[1]), xsimd::max(left[2], left[3])).store_aligned(maxima);
  }
  detail::unroll<4>([&](auto v) __attribute__((always_inline)) { best[v].store_aligned(lanes + v * w); });
}

/// The k-th largest of score_chunk numbers, counted with repetitions; 1 <= k <= score_chunk. `lanes` is aligned; no
/// number is NaN.
template <Scalar T>
[[nodiscard]] T kth_largest_lane(T const* lanes, std::size_t k) noexcept {
  constexpr T none = -std::numeric_limits<T>::infinity();
  batch<T> left[4];
  detail::unroll<4>([&](auto v)
                        __attribute__((always_inline)) { left[v] = batch<T>::load_aligned(lanes + v * width<T>); });
  for (std::size_t seen = 0;;) {
    T const largest = largest_lane<T>(xsimd::max(xsimd::max(left[0], left[1]), xsimd::max(left[2], left[3])));
    if (largest == none) return none;
    detail::unroll<4>([&](auto v) __attribute__((always_inline)) {
      seen += static_cast<std::size_t>(std::popcount(lanes_at_least<T>(left[v], batch<T>(largest))));
      left[v] = xsimd::select(left[v] >= batch<T>(largest), batch<T>(none), left[v]);
    });
    if (seen >= k) return largest;
  }
}

/// Calls take(j) for each j with scores[j] >= bound; `maxima` are those of \ref scores_after_tables. `count` is a
/// multiple of score_chunk; both pointers are aligned.
template <Scalar T, class Take>
void for_each_at_least(T const* scores, T const* maxima, std::size_t count, T bound, Take const& take) {
  for_each_hit<T>(maxima, count, bound, [&](std::size_t first) {
    for (std::size_t at = first; at < first + score_chunk<T>; at += width<T>)
      if (scores[at] >= bound) take(at);
  });
}

}  // namespace sidera::inline SIDERA_ABI::simd
