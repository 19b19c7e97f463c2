// SPDX-License-Identifier: MIT
#pragma once
/// \file  The register tile of the integer search: exact sums of products of small integers, at two (16 bits) or four
///        (8 bits) multiply-adds a lane for each of single precision.
#include <cstring>
#include <sidera/simd/matrix_unit.hpp>

namespace sidera::inline SIDERA_ABI::simd::detail {

/// Behind the `lanes` lanes of a row of integers stands the scale by which they have to be multiplied.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE float scale_of(Entry const* row, std::size_t lanes) noexcept {
  float scale;
  std::memcpy(&scale, row + lanes * lane_entries<Entry>, sizeof scale);
  return scale;
}

/// One panel of words. All pointers are aligned.
template <class Entry>
struct integer_panel {
  Entry const* entries;        ///< [lane][word][entries of a lane]
  std::int32_t const* starts;  ///< of the sums, by word: what \ref stored_offset adds to them, with the other sign
  float const* bias;           ///< by word
  float scale;                 ///< by which the integers of all words have to be multiplied
  std::size_t lanes;
};

/// Where the bytes of halves are: those of the high ones at `first`, those of the low ones so many bytes behind.
struct half_bytes {
  std::int8_t const* first;
  std::size_t low;
};

/// Rows whose sums find room in vector registers; a whole number of them makes a tile.
inline constexpr std::size_t register_rows = integer_tile_rows == tile_rows ? tile_rows : integer_tile_rows / 2;

/// `v`, of which compilers know nothing.
template <class V>
[[nodiscard]] SIDERA_ALWAYS_INLINE V opaque(V v) noexcept {
#if defined(__GNUC__)
  asm("" : "+r"(v));
#endif
  return v;
}

/// Calls finish(r, scores) for each of `Rows` rows with their scores of the first words of `panel`, `Vectors`
/// registers a row, of at most tile_vectors: (scale of the row * scale of the words) * (sum of products) + bias.
/// row(r) points to the integers of row r: the entries, then the scale. sum(r, v) is the sum of products.
template <std::size_t Rows, std::size_t Vectors, class Entry, class Row, class Sum, class Finish>
SIDERA_ALWAYS_INLINE void scores_of_sums(Row const& row, integer_panel<Entry> const& panel, Sum const& sum,
                                         Finish const& finish) noexcept {
  unroll<Rows>([&](auto r) __attribute__((always_inline)) {
    batch<float> const scale(scale_of(row(r), panel.lanes) * panel.scale);
    batch<float> scores[Vectors];
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      scores[v] = fused_multiply_add<float>(as_floats(sum(r, v)), scale,
                                            batch<float>::load_aligned(panel.bias + v * width<float>));
    });
    finish(r, scores);
  });
}

/// The same of register_rows rows, for which it computes the sums of products.
template <std::size_t Vectors = tile_vectors, class Entry, class Row, class Finish>
SIDERA_ALWAYS_INLINE void integer_score_tile(Row const& row, integer_panel<Entry> const& panel, fetch_ahead ahead,
                                             Finish const& finish) noexcept {
  constexpr std::size_t w = width<float>, n = lane_entries<Entry>;
  integer_batch sum[register_rows * Vectors];
  unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
    integer_batch const start = stored_offset<Entry> != 0 ? load_integers(panel.starts + v * w) : everywhere(0);
    unroll<register_rows>([&](auto r) __attribute__((always_inline)) { sum[r * Vectors + v] = start; });
  });
  Entry const* const entries = panel.entries;
  auto const advance = [&](std::size_t lane) __attribute__((always_inline)) {
    integer_batch words[Vectors];
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      words[v] = load_integers(entries + (lane * tile_vectors + v) * n * w);
    });
    unroll<register_rows>([&](auto r) __attribute__((always_inline)) {
      std::int32_t some;
      std::memcpy(&some, row(r) + n * lane, sizeof some);
      integer_batch const entry = everywhere(some);
      unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
        sum[r * Vectors + v] = add_products<Entry>(sum[r * Vectors + v], entry, words[v]);
      });
    });
  };
  std::size_t lane = 0;
  std::size_t const lanes = panel.lanes;
  for (; lane + 2 <= lanes; lane += 2) {
    ahead.one();
    unroll<2>([&](auto i) __attribute__((always_inline)) { advance(lane + i); });
  }
  ahead.rest();
  for (; lane < lanes; ++lane) advance(lane);
  scores_of_sums<register_rows, Vectors>(
      row, panel, [&](auto r, auto v) __attribute__((always_inline)) { return sum[r * Vectors + v]; }, finish);
}

/// What the scores of one panel lose: the tables of row r are at rows[r * count], and their numbers from `first` on
/// belong to the panel.
struct table_part {
  float const* const* rows = nullptr;
  std::size_t count = 0, first = 0;
};

/// Where the scores of one panel go, row r to scores[r * stride], aligned.
struct score_place {
  float* scores;
  std::size_t stride;

  template <std::size_t Vectors = tile_vectors>
  SIDERA_ALWAYS_INLINE void store(std::size_t r, batch<float> const* sum) const noexcept {
    unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
      sum[v].store_aligned(scores + r * stride + v * width<float>);
    });
  }
  SIDERA_ALWAYS_INLINE void store_less(std::size_t r, batch<float> const* sum,
                                       table_part const& tables) const noexcept {
    batch<float> left[tile_vectors];
    unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) { left[v] = sum[v]; });
    for (std::size_t t = 0; t < tables.count; ++t)
      unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
        left[v] =
            left[v] - batch<float>::load_aligned(tables.rows[r * tables.count + t] + tables.first + v * width<float>);
      });
    store(r, left);
  }
};

/// Writes the scores of rows less their tables. `rows` holds register_rows rows of `row_length` integers. Never
/// inlined: the sums need all registers.
template <class Entry>
[[gnu::noinline]] void store_integer_scores(Entry const* rows, std::size_t row_length,
                                            integer_panel<Entry> const& panel, table_part tables, score_place out,
                                            fetch_ahead ahead) noexcept {
  // Twelve pointers are more than there are registers: two of them and three distances, which compilers must not take
  // apart.
  constexpr std::size_t half = (register_rows + 1) / 2;
  std::size_t const once = row_length, thrice = opaque(3 * row_length), five_times = opaque(5 * row_length);
  Entry const* const upper = opaque(rows + half * row_length);
  static_assert(half <= 6);
  auto const row = [&](auto r) __attribute__((always_inline)) {
    Entry const* const from = r < half ? rows : upper;
    constexpr std::size_t k = decltype(r)::value % half;
    return from + (k == 3 ? thrice : k == 5 ? five_times : k * once);
  };
  integer_score_tile(
      row, panel,
      ahead, [&](auto r, batch<float> const* sum) __attribute__((always_inline)) { out.store_less(r, sum, tables); });
}

/// The same without tables, of rows that lie anywhere, row r at rows[r], and of the first `Vectors` registers of words.
template <std::size_t Vectors, class Entry>
[[gnu::noinline]] void store_integer_scores(Entry const* const* rows, integer_panel<Entry> const& panel,
                                            score_place out, fetch_ahead ahead) noexcept {
  integer_score_tile<Vectors>(
      [&](auto r) __attribute__((always_inline)) { return rows[r]; }, panel,
      ahead, [&](auto r, batch<float> const* sum) __attribute__((always_inline)) { out.store<Vectors>(r, sum); });
}

/// The same as the first one by the matrix unit, which must be ready, for a whole tile of rows.
[[gnu::noinline]] inline void store_unit_scores(std::int8_t const* rows, std::size_t row_length,
                                                integer_panel<std::int8_t> const& panel, table_part tables,
                                                score_place out, fetch_ahead ahead) noexcept {
  tile_sums sums;
  adjacent_rows const entries{reinterpret_cast<std::uint8_t const*>(rows), row_length};
  unit_products<tile_vectors>(entries, panel.entries, panel.starts, unit_steps(panel.lanes * lane_entries<std::int8_t>),
                              ahead, sums);
  scores_of_sums<integer_tile_rows, tile_vectors>(
      [&](auto r) __attribute__((always_inline)) { return rows + r * row_length; },
      panel, [&](auto r, auto v) __attribute__((always_inline)) { return load_integers(sums.of[v][r]); },
      [&](auto r, batch<float> const* sum) __attribute__((always_inline)) { out.store_less(r, sum, tables); });
}

/// And of integers of 16 bits, of which `halves` are the first row's.
[[gnu::noinline]] inline void store_unit_scores(std::int16_t const* rows, std::size_t row_length, half_bytes halves,
                                                integer_panel<std::int16_t> const& panel, half_bytes words,
                                                std::size_t steps, table_part tables, score_place out) noexcept {
  half_sums sums[tile_vectors];
  adjacent_rows const entries{reinterpret_cast<std::uint8_t const*>(halves.first), row_length * sizeof *rows};
  for (std::size_t v = 0; v < tile_vectors; ++v) {
    unit_products_of_halves(entries, halves.low, words.first + v * step_bytes, words.low, steps, sums[v]);
    sums[v].add_up();
  }
  scores_of_sums<integer_tile_rows, tile_vectors>(
      [&](auto r) __attribute__((always_inline)) { return rows + r * row_length; }, panel,
      [&](auto r, auto v) __attribute__((always_inline)) { return load_integers(sums[v].low + r * width<float>); },
      [&](auto r, batch<float> const* sum) __attribute__((always_inline)) { out.store_less(r, sum, tables); });
}

/// The same as the second one of 8 bits.
template <std::size_t Vectors>
[[gnu::noinline]] void store_unit_scores(std::int8_t const* const* rows, integer_panel<std::int8_t> const& panel,
                                         score_place out, fetch_ahead ahead) noexcept {
  tile_sums sums;
  scattered_rows entries{reinterpret_cast<std::uint8_t const* const*>(rows), {}};
  unit_products<Vectors>(entries, panel.entries, panel.starts, unit_steps(panel.lanes * lane_entries<std::int8_t>),
                         ahead, sums);
  scores_of_sums<integer_tile_rows, Vectors>(
      [&](auto r) __attribute__((always_inline)) { return rows[r]; },
      panel, [&](auto r, auto v) __attribute__((always_inline)) { return load_integers(sums.of[v][r]); },
      [&](auto r, batch<float> const* sum) __attribute__((always_inline)) { out.store<Vectors>(r, sum); });
}

}  // namespace sidera::inline SIDERA_ABI::simd::detail
