// SPDX-License-Identifier: MIT
#pragma once
/// \file  The matrix unit of some processors (AMX): it multiplies whole tiles of 8-bit integers, eight times as many in
///        a cycle as vector registers. Its sums are exact, as theirs are, so that no result depends on it.
#include <sidera/simd/fetch.hpp>
#include <sidera/simd/integer_batch.hpp>
#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sidera::inline SIDERA_ABI::simd {
namespace detail {

/// Sums of products of rows, tile by tile, and 2 registers of words.
template <std::size_t Tiles>
struct tile_sums {
  alignas(64) std::int32_t of[Tiles][tile_vectors][tile_rows][width<float>];
};

/// Bytes of a row that one step of the unit takes in: those of a cache line, on which rows begin. (It reads others at a
/// fifth of the speed.) Behind the last lane of words are zeros, so that what rows have there does not count.
inline constexpr std::size_t step_bytes = 64, step_lanes = step_bytes / 4;

/// The steps of so many lanes.
[[nodiscard]] constexpr std::size_t unit_steps(std::size_t lanes) noexcept {
  return (lanes + step_lanes - 1) / step_lanes;
}

/// Where one step's entries of the rows of a tile are: those of row r at first + r * stride bytes.
struct tile_source {
  void const* first;
  std::size_t stride;
};

/// Rows that follow each other.
struct adjacent_rows {
  std::uint8_t const* entries;
  std::size_t stride;

  [[nodiscard]] SIDERA_ALWAYS_INLINE tile_source step(std::size_t s, std::size_t tile) const noexcept {
    return {entries + tile * tile_rows * stride + s * step_bytes, stride};
  }
};

/// One tile of rows that lie anywhere, row r at rows[r], of which each step is copied.
struct scattered_rows {
  std::uint8_t const* const* rows;
  alignas(step_bytes) std::uint8_t copy[tile_rows][step_bytes];

  [[nodiscard]] SIDERA_ALWAYS_INLINE tile_source step(std::size_t s, std::size_t) noexcept {
    for (std::size_t r = 0; r < tile_rows; ++r) std::memcpy(copy[r], rows[r] + s * step_bytes, step_bytes);
    return {copy, step_bytes};
  }
};

#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)

/// Whether programs of these flags may find a matrix unit for integers of this type.
template <class Entry>
inline constexpr bool serves_integers = sizeof(Entry) == 1;

/// Asks the system, once for the whole program, for the room that tiles take when threads are switched. False: the
/// system or a sandbox has none.
[[nodiscard]] inline bool matrix_unit_is_granted() noexcept {
  constexpr long request_permission = 0x1023, tile_data = 18;  // of arch_prctl
  static bool const granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}

/// The shapes of the tiles: 0 and 1 rows, 2 and 3 words; 4 and 5 sums of the former, 6 and 7 of the latter.
inline void set_tile_shapes() noexcept {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};
  } shapes;
  static_assert(sizeof shapes == 64);
  std::fill_n(shapes.row_bytes, 8, static_cast<std::uint16_t>(step_bytes));
  std::fill_n(shapes.rows, 8, static_cast<std::uint8_t>(tile_rows));
  shapes.rows[2] = shapes.rows[3] = step_lanes;
  asm volatile("" ::"r"(&shapes) : "memory");  // g++ believes that eight bytes of them are read
  _tile_loadconfig(&shapes);
}

/// Whether \ref unit_products may be called in this thread.
inline thread_local bool matrix_unit_is_ready = false;

/// sums = starts + products of the entries of `Tiles` tiles of rows with the first `Vectors` registers of words of a
/// panel. Words that are read once serve all tiles.
template <std::size_t Tiles, std::size_t Vectors, class Source>
SIDERA_ALWAYS_INLINE void unit_products(Source& source, std::int8_t const* panel, std::int32_t const* starts,
                                        std::size_t steps, fetch_ahead ahead, tile_sums<Tiles>& sums) noexcept {
  constexpr std::size_t line = step_bytes, panel_row = tile_vectors * line;
  constexpr bool two_tiles = Tiles == 2, two_vectors = Vectors == 2;
  static_assert(Tiles <= 2 && Vectors <= 2);
  std::int32_t const* const more_starts = starts + width<float>;
  _tile_loadd(4, starts, 0);  // one row for all rows
  if constexpr (two_vectors) _tile_loadd(5, more_starts, 0);
  if constexpr (two_tiles) _tile_loadd(6, starts, 0);
  if constexpr (two_tiles && two_vectors) _tile_loadd(7, more_starts, 0);
  for (std::size_t s = 0; s < steps; ++s, panel += step_lanes * panel_row) {
    tile_source const rows = source.step(s, 0);
    asm volatile("" ::: "memory");  // g++ does not know that tiles are read from memory
    _tile_loadd(2, panel, panel_row);
    _tile_loadd(0, rows.first, rows.stride);
    _tile_dpbusd(4, 0, 2);
    if constexpr (two_vectors) {
      _tile_loadd(3, panel + line, panel_row);
      _tile_dpbusd(5, 0, 3);
    }
    if constexpr (two_tiles) {
      tile_source const more = source.step(s, 1);
      _tile_loadd(1, more.first, more.stride);
      _tile_dpbusd(6, 1, 2);
      if constexpr (two_vectors) _tile_dpbusd(7, 1, 3);
    }
    unroll<6 * Tiles>([&](auto) __attribute__((always_inline)) { ahead.one(); });
  }
  ahead.rest();
  _tile_stored(4, sums.of[0][0], line);
  if constexpr (two_vectors) _tile_stored(5, sums.of[0][1], line);
  if constexpr (two_tiles) _tile_stored(6, sums.of[Tiles - 1][0], line);
  if constexpr (two_tiles && two_vectors) _tile_stored(7, sums.of[Tiles - 1][1], line);
  asm volatile("" ::: "memory");
}

#else

template <class Entry>
inline constexpr bool serves_integers = false;

inline constexpr bool matrix_unit_is_ready = false;
template <std::size_t Tiles, std::size_t Vectors, class Source>
void unit_products(Source&, std::int8_t const*, std::int32_t const*, std::size_t, fetch_ahead,
                   tile_sums<Tiles>&) noexcept {}

#endif

}  // namespace detail

/// While it lives, scores of \ref integer_panels of 8 bits are computed by the matrix unit in this thread, where there
/// is one and the system grants it. Beginning and end take as long as the scores of a few dozen rows and one panel.
/// Nothing else that uses the unit may run in the thread meanwhile; sessions may be nested.
class matrix_unit_session {
 public:
  matrix_unit_session(matrix_unit_session const&) = delete;
  matrix_unit_session& operator=(matrix_unit_session const&) = delete;
#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)
  /// Nothing changes where it is not wanted.
  explicit matrix_unit_session(bool wanted) noexcept
      : begins_(wanted && !detail::matrix_unit_is_ready && detail::matrix_unit_is_granted()) {
    if (!begins_) return;
    detail::set_tile_shapes();
    detail::matrix_unit_is_ready = true;
  }
  ~matrix_unit_session() {
    if (!begins_) return;
    _tile_release();
    detail::matrix_unit_is_ready = false;
  }

  /// Whether sessions change anything: there is a unit, and the system grants it.
  [[nodiscard]] static bool available() noexcept {
    return detail::matrix_unit_is_granted();
  }

 private:
  bool begins_;
#else
  explicit matrix_unit_session(bool) noexcept {}
  ~matrix_unit_session() {}
  [[nodiscard]] static constexpr bool available() noexcept {
    return false;
  }
#endif
};

}  // namespace sidera::inline SIDERA_ABI::simd
