// SPDX-License-Identifier: MIT
#pragma once
/// \file  Scores of one row for several hypotheses, and those of them that can be among the best few.
#include <algorithm>
#include <limits>
#include <numeric>
#include <sidera/simd/candidates.hpp>
#include <tuple>

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

/// positions = all j with scores[j] >= bound; returns how many. `maxima` are those of \ref scores_after_tables. `count`
/// is a multiple of score_chunk; `scores` and `maxima` are aligned; `positions` has room for `count` numbers.
template <Scalar T>
[[nodiscard]] std::size_t positions_at_least(T const* scores, T const* maxima, std::size_t count, T bound,
                                             std::uint32_t* positions) noexcept {
  std::size_t found = 0;
  for_each_hit<T>(maxima, count, bound, [&](std::size_t first) {
    for (std::size_t at = first; at < first + score_chunk<T>; at += width<T>) {  // no branch: none could be foreseen
      positions[found] = static_cast<std::uint32_t>(at);
      found += scores[at] >= bound ? 1u : 0u;
    }
  });
  return found;
}

/// order = the positions of `count` numbers, the largest number first; equal ones in any order that depends on the
/// numbers alone. No number is NaN.
template <Scalar T>
void descending_order(T const* numbers, std::size_t count, std::uint32_t* order) noexcept {
  constexpr std::size_t w = width<T>;
  if (count > w) {
    std::iota(order, order + count, 0u);
    std::sort(order, order + count, [numbers](std::uint32_t a, std::uint32_t b) {
      return std::tie(numbers[b], a) < std::tie(numbers[a], b);
    });
    return;
  }
  // A number's place is how many are larger, or equal and before it: without a branch that depends on them.
  batch<T> const all = load_first<T>(numbers, count, -std::numeric_limits<T>::infinity());
  for (std::uint32_t i = 0; i < count; ++i) {
    batch<T> const number(numbers[i]);
    std::uint32_t const not_smaller = lanes_at_least<T>(all, number), not_larger = lanes_at_least<T>(number, all);
    std::uint32_t const before = not_smaller & (~not_larger | ((1u << i) - 1));
    order[std::popcount(before)] = i;
  }
}

}  // namespace sidera::inline SIDERA_ABI::simd
