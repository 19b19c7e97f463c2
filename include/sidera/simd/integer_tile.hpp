// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the integer search: exact sums of products of small integers, at two (16 bits) or four
///        (8 bits) multiply-adds a lane for each of single precision.
#include <cstring>
#include <sidera/simd/integer_batch.hpp>

namespace sidera::inline SIDERA_ABI::simd::detail {

/// What every row of integers begins with, in the room of a few of them.
struct integer_row_head {
  float scale;         ///< by which the integers have to be multiplied
  std::int32_t start;  ///< of every sum: what \ref stored_offset adds to it, with the other sign
};
template <class Entry>
inline constexpr std::size_t head_entries = sizeof(integer_row_head) / sizeof(Entry);

/// Calls finish(r, scores) for each of `tile_rows` rows with their scores of the first words of one panel, `Vectors`
/// registers a row, of at most tile_vectors:
/// (scale_r * factor) * (sum of products) + bias_j. row(r) points to the integers of row r: the head, then the entries.
/// `panel` holds [lane][word][entries of a lane]; `lanes` of them. All pointers but `rows` are
/// aligned.
template <std::size_t Vectors = tile_vectors, class Entry, class Row, class Finish>
SIDERA_ALWAYS_INLINE void integer_score_tile(Row const& row, Entry const* panel, float factor, float const* bias,
                                             std::size_t lanes, Finish finish) noexcept {
  constexpr std::size_t w = width<float>, n = lane_entries<Entry>;
  integer_batch sum[tile_rows * Vectors];
  unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
    integer_row_head head;
    std::memcpy(&head, row(r), sizeof head);
    integer_batch const start = everywhere(head.start);
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) { sum[r * Vectors + v] = start; });
  });
  auto const advance = [&](std::size_t lane) __attribute__((always_inline)) {
    integer_batch words[Vectors];
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      words[v] = load_integers(panel + (lane * tile_vectors + v) * n * w);
    });
    unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
      std::int32_t some;
      std::memcpy(&some, row(r) + head_entries<Entry> + n * lane, sizeof some);
      integer_batch const entry = everywhere(some);
      unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
        sum[r * Vectors + v] = add_products<Entry>(sum[r * Vectors + v], entry, words[v]);
      });
    });
  };
  std::size_t lane = 0;
  for (; lane + 2 <= lanes; lane += 2) unroll<2>([&](auto i) __attribute__((always_inline)) { advance(lane + i); });
  for (; lane < lanes; ++lane) advance(lane);
  unroll<tile_rows>([&](auto r) __attribute__((always_inline)) {
    integer_row_head head;
    std::memcpy(&head, row(r), sizeof head);
    batch<float> scores[Vectors];
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      scores[v] = fused_multiply_add<float>(as_floats(sum[r * Vectors + v]), batch<float>(head.scale * factor),
                                            batch<float>::load_aligned(bias + v * w));
    });
    finish(r, scores);
  });
}

/// Writes the scores of row r less its table rows to scores[r * stride], aligned. `rows` holds tile_rows rows of
/// `row_length` integers. The tables of row r are at tables[r * table_count]; their numbers from `first` on belong to
/// this panel. Never inlined: the sums need all registers.
template <class Entry>
[[gnu::noinline]] void store_integer_scores(Entry const* rows, std::size_t row_length, Entry const* panel, float factor,
                                            float const* bias, std::size_t lanes, float const* const* tables,
                                            std::size_t table_count, std::size_t first, float* scores,
                                            std::size_t stride) noexcept {
  integer_score_tile(
      [&](auto r) __attribute__((always_inline)) { return rows + r * row_length; }, panel, factor, bias, lanes,
      [&](auto r, batch<float> const* sum) __attribute__((always_inline)) {
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

/// The same without tables, of rows that lie anywhere, row r at rows[r], and of the first `Vectors` registers of words.
template <std::size_t Vectors, class Entry>
[[gnu::noinline]] void store_integer_scores(Entry const* const* rows, Entry const* panel, float factor,
                                            float const* bias, std::size_t lanes, float* scores,
                                            std::size_t stride) noexcept {
  integer_score_tile<Vectors>(
      [&](auto r) __attribute__((always_inline)) { return rows[r]; }, panel, factor, bias, lanes,
      [&](auto r, batch<float> const* sum) __attribute__((always_inline)) {
        unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
          sum[v].store_aligned(scores + r * stride + v * width<float>);
        });
      });
}

}  // namespace sidera::inline SIDERA_ABI::simd::detail
