// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the integer search: exact sums of products of 16-bit integers, at two multiply-adds a
///        lane for each of single precision.
#include <cstring>
#include <sidera/simd/integer_batch.hpp>

namespace sidera::inline SIDERA_ABI::simd::detail {

/// What every row of integers begins with: the float by which they have to be multiplied, in the room of two of them.
inline constexpr std::size_t integer_row_head = sizeof(float) / sizeof(std::int16_t);

/// Calls finish(r, scores) for each of `tile_rows` rows with their scores of one panel, tile_vectors registers a row:
/// (scale_r * factor) * (sum of products) + bias. `rows` holds tile_rows rows of `row_length` integers: the scale, then
/// the entries in pairs. `panel` holds [pair][word][2]; `pairs` of them.
template <class Finish>
SIDERA_ALWAYS_INLINE void integer_score_tile(std::int16_t const* rows, std::size_t row_length,
                                             std::int16_t const* panel, float factor, float const* bias,
                                             std::size_t pairs, Finish finish) noexcept {
  constexpr std::size_t w = width<float>;
  integer_batch sum[tile_rows * tile_vectors];
  unroll<tile_rows * tile_vectors>([&](auto i) __attribute__((always_inline)) { sum[i] = no_integers(); });
  std::int16_t const* entries = rows + integer_row_head;
  auto const advance = [&](std::size_t pair) __attribute__((always_inline)) {
    integer_batch words[tile_vectors];
    unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
      words[v] = load_integers(panel + (pair * tile_vectors + v) * 2 * w);
    });
    unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
      std::int32_t two;
      std::memcpy(&two, entries + r * row_length + 2 * pair, sizeof two);
      integer_batch const entry = everywhere(two);
      unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
        sum[r * tile_vectors + v] = add_products(sum[r * tile_vectors + v], entry, words[v]);
      });
    });
  };
  std::size_t pair = 0;
  for (; pair + 2 <= pairs; pair += 2) unroll<2>([&](auto i) __attribute__((always_inline)) { advance(pair + i); });
  for (; pair < pairs; ++pair) advance(pair);
  unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
    float scale;
    std::memcpy(&scale, rows + r * row_length, sizeof scale);
    batch<float> scores[tile_vectors];
    unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
      scores[v] = fused_multiply_add<float>(as_floats(sum[r * tile_vectors + v]), batch<float>(scale * factor),
                                            batch<float>::load_aligned(bias + v * w));
    });
    finish(r, scores);
  });
}

/// Writes the scores of row r less its table rows to scores[r * stride], aligned. The tables of row r are at
/// tables[r * table_count]; their numbers from `first` on belong to this panel. Never inlined: the sums need all
/// registers.
[[gnu::noinline]] inline void store_integer_scores(std::int16_t const* rows, std::size_t row_length,
                                                   std::int16_t const* panel, float factor, float const* bias,
                                                   std::size_t pairs, float const* const* tables,
                                                   std::size_t table_count, std::size_t first, float* scores,
                                                   std::size_t stride) noexcept {
  integer_score_tile(
      rows, row_length, panel, factor, bias,
      pairs, [&](auto r, batch<float> const* sum) __attribute__((always_inline)) {
        batch<float> left[tile_vectors];
        unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) { left[v] = sum[v]; });
        for (std::size_t t = 0; t < table_count; ++t)
          unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
            left[v] = left[v] - batch<float>::load_aligned(tables[r * table_count + t] + first + v * width<float>);
          });
        unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
          left[v].store_aligned(scores + r * stride + v * width<float>);
        });
      });
}

}  // namespace sidera::inline SIDERA_ABI::simd::detail
