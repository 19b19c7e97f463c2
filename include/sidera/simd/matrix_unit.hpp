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

/// Sums of products of tile_rows rows and 2 registers of words.
struct tile_sums {
  alignas(64) std::int32_t of[tile_vectors][tile_rows][width<float>];
};

/// Bytes of a row that one step of the unit takes in, and lanes of four integers.
inline constexpr std::size_t step_bytes = 64, step_lanes = step_bytes / 4;

/// The step that takes in the last ones of so many lanes; it may be a short one.
[[nodiscard]] constexpr std::size_t last_step(std::size_t lanes) noexcept {
  return (lanes - 1) / step_lanes;
}
[[nodiscard]] constexpr std::size_t last_step_lanes(std::size_t lanes) noexcept {
  return lanes - step_lanes * last_step(lanes);
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

  [[nodiscard]] SIDERA_ALWAYS_INLINE tile_source step(std::size_t s) const noexcept {
    return {entries + s * step_bytes, stride};
  }
};

/// Rows that lie anywhere, row r at rows[r], of which each step is copied.
struct scattered_rows {
  std::uint8_t const* const* rows;
  std::size_t offset;  ///< of the entries
  std::size_t lanes;
  alignas(step_bytes) std::uint8_t copy[tile_rows][step_bytes];

  [[nodiscard]] SIDERA_ALWAYS_INLINE tile_source step(std::size_t s) noexcept {
    std::size_t const bytes = s == last_step(lanes) ? 4 * last_step_lanes(lanes) : step_bytes;
    for (std::size_t r = 0; r < tile_rows; ++r) {
      std::uint8_t const* const from = rows[r] + offset + s * step_bytes;
      if (bytes == step_bytes)
        std::memcpy(copy[r], from, step_bytes);
      else
        std::memcpy(copy[r], from, bytes);
    }
    return {copy, step_bytes};
  }
};

#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)

/// Whether programs of these flags may find a matrix unit.
inline constexpr bool has_matrix_unit = true;

/// Asks the system, once for the whole program, for the room that tiles take when threads are switched. False: the
/// system or a sandbox has none.
[[nodiscard]] inline bool matrix_unit_is_granted() noexcept {
  constexpr long request_permission = 0x1023, tile_data = 18;  // of arch_prctl
  static bool const granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}

/// The shapes of the tiles for rows of a number of lanes: 0 and 1 rows, 2 and 3 words, of a whole step; 4 and 5 sums;
/// 6 rows, 7 words of the last step, which takes the lanes that are left. (Tile 1 is a spare one.)
inline void set_tile_shapes(std::size_t lanes) noexcept {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};
  } shapes;
  static_assert(sizeof shapes == 64);
  auto const left = static_cast<std::uint8_t>(last_step_lanes(lanes));
  std::fill_n(shapes.row_bytes, 8, static_cast<std::uint16_t>(step_bytes));
  for (int t : {0, 1, 4, 5, 6}) shapes.rows[t] = tile_rows;
  for (int t : {2, 3}) shapes.rows[t] = step_lanes;
  shapes.row_bytes[6] = static_cast<std::uint16_t>(4 * left);
  shapes.rows[7] = left;
  asm volatile("" ::"r"(&shapes) : "memory");  // g++ believes that eight bytes of them are read
  _tile_loadconfig(&shapes);
}

/// For how many lanes the tiles of this thread are shaped; 0: not at all.
inline thread_local std::size_t shaped_lanes = 0;

/// Whether \ref unit_products may be called in this thread.
[[nodiscard]] SIDERA_ALWAYS_INLINE bool matrix_unit_is_ready(std::size_t lanes) noexcept {
  return shaped_lanes == lanes && lanes != 0;
}

/// sums = starts + products of the entries of tile_rows rows with the first `Vectors` registers of words of a panel of
/// as many lanes as the tiles are shaped for.
template <std::size_t Vectors, class Source>
SIDERA_ALWAYS_INLINE void unit_products(Source& source, std::int8_t const* panel, std::int32_t const* starts,
                                        std::size_t lanes, fetch_ahead ahead, tile_sums& sums) noexcept {
  constexpr std::size_t line = step_bytes, panel_row = tile_vectors * line;
  constexpr bool two = Vectors == 2;
  static_assert(Vectors <= 2);
  _tile_loadd(4, starts, 0);  // one row for all rows
  if constexpr (two) _tile_loadd(5, starts + width<float>, 0);
  std::size_t const last = last_step(lanes);  // whole or not, it has tiles of its own
  for (std::size_t s = 0; s < last; ++s, panel += step_lanes * panel_row) {
    tile_source const rows = source.step(s);
    asm volatile("" ::: "memory");  // g++ does not know that tiles are read from memory
    _tile_loadd(2, panel, panel_row);
    _tile_loadd(0, rows.first, rows.stride);
    _tile_dpbusd(4, 0, 2);
    if constexpr (two) {
      _tile_loadd(3, panel + line, panel_row);
      _tile_dpbusd(5, 0, 3);
    }
    unroll<6>([&](auto) __attribute__((always_inline)) { ahead.one(); });
  }
  tile_source const rows = source.step(last);
  asm volatile("" ::: "memory");
  _tile_loadd(6, rows.first, rows.stride);
  _tile_loadd(7, panel, panel_row);
  _tile_dpbusd(4, 6, 7);
  if constexpr (two) {
    _tile_loadd(7, panel + line, panel_row);
    _tile_dpbusd(5, 6, 7);
  }
  ahead.rest();
  _tile_stored(4, sums.of[0], line);
  if constexpr (two) _tile_stored(5, sums.of[1], line);
  asm volatile("" ::: "memory");
}

#else

inline constexpr bool has_matrix_unit = false;

[[nodiscard]] constexpr bool matrix_unit_is_ready(std::size_t) noexcept {
  return false;
}
template <std::size_t Vectors, class Source>
void unit_products(Source&, std::int8_t const*, std::int32_t const*, std::size_t, fetch_ahead, tile_sums&) noexcept {}

#endif

}  // namespace detail

/// While it lives, scores of \ref integer_panels of 8 bits with as many lanes are computed by the matrix unit in this
/// thread, where there is one and the system grants it. Beginning and end take as long as the scores of a few dozen
/// rows and one panel. Nothing else that uses the unit may run in the thread meanwhile; sessions may be nested.
class matrix_unit_session {
 public:
  matrix_unit_session(matrix_unit_session const&) = delete;
  matrix_unit_session& operator=(matrix_unit_session const&) = delete;
#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)
  /// For no lanes nothing changes.
  explicit matrix_unit_session(std::size_t lanes) noexcept : before_(detail::shaped_lanes) {
    if (lanes != 0 && detail::matrix_unit_is_granted()) shape(lanes);
  }
  ~matrix_unit_session() {
    shape(before_);
  }

  /// Whether sessions change anything: there is a unit, and the system grants it.
  [[nodiscard]] static bool available() noexcept {
    return detail::matrix_unit_is_granted();
  }

 private:
  static void shape(std::size_t lanes) noexcept {
    if (detail::shaped_lanes == lanes) return;
    detail::shaped_lanes = lanes;
    if (lanes != 0)
      detail::set_tile_shapes(lanes);
    else
      _tile_release();
  }
  std::size_t before_;
#else
  explicit matrix_unit_session(std::size_t) noexcept {}
  ~matrix_unit_session() {}
  [[nodiscard]] static constexpr bool available() noexcept {
    return false;
  }
#endif
};

}  // namespace sidera::inline SIDERA_ABI::simd
