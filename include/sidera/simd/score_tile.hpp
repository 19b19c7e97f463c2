// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the word search: scores of a few rows and one
/// panel of words.
#include <sidera/simd/fetch.hpp>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// The step of a linear score.
struct multiply_add_step {
  template <class Batch>
  [[nodiscard]] SIDERA_ALWAYS_INLINE Batch operator()(Batch sum, Batch x, Batch w) const noexcept {
    return detail::fused_multiply_add<typename Batch::value_type>(x, w, sum);
  }
};

namespace detail {

/// Calls finish(r, scores) for each of `tile_rows` rows with their scores of
/// one panel, tile_vectors registers a row.
///
/// A score starts at the word's bias and takes in the entries in the order of
/// d, one step(sum, x_d, w_d) each: one chain, whatever the tile. `x` holds
/// tile_rows rows of `dim` numbers, one after the other; `panel` holds dim x
/// (tile_vectors * width) numbers.
template <Scalar T, class Finish, class Step = multiply_add_step>
SIDERA_ALWAYS_INLINE void score_tile(T const* x, T const* panel, T const* bias, std::size_t dim, fetch_ahead ahead,
                                     Finish finish, Step const& step = {}) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> sum[tile_rows * tile_vectors];
  unroll<tile_rows * tile_vectors>([&](auto i) __attribute__((always_inline)) {
    sum[i] = batch<T>::load_aligned(bias + (i % tile_vectors) * w);
  });
  auto const advance = [&](std::size_t d) __attribute__((always_inline)) {
    batch<T> words[tile_vectors];
    unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
      words[v] = batch<T>::load_aligned(panel + (d * tile_vectors + v) * w);
    });
    unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
      batch<T> const entry(x[r * dim + d]);
      unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
        sum[r * tile_vectors + v] = step(sum[r * tile_vectors + v], entry, words[v]);
      });
    });
  };
  std::size_t d = 0;
  // Four terms per turn: short loops whose end the processor foresees.
  for (; d + 4 <= dim; d += 4) {
    ahead.one();
    unroll<4>([&](auto i) __attribute__((always_inline)) { advance(d + i); });
  }
  ahead.rest();
  for (; d < dim; ++d) advance(d);
  unroll<tile_rows>([&](auto r) __attribute__((always_inline)) { finish(r, sum + r * tile_vectors); });
}

/// Writes the scores of row r to scores[r * stride], aligned. Never inlined:
/// the sums need all registers.
template <Scalar T, class Step = multiply_add_step>
[[gnu::noinline]] void store_scores(T const* x, T const* panel, T const* bias, std::size_t dim, T* scores,
                                    std::size_t stride, Step const& step, fetch_ahead ahead) noexcept {
  score_tile<T>(
      x, panel, bias, dim, ahead,
      [&](auto r, batch<T> const* sum) __attribute__((always_inline)) {
        unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
          sum[v].store_aligned(scores + r * stride + v * width<T>);
        });
      },
      step);
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI::simd
