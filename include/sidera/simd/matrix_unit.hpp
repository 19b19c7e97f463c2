// SPDX-License-Identifier: MIT
#pragma once
/// \file  The matrix unit of some processors (AMX): it multiplies whole tiles of 8-bit integers, eight times as many in
///        a cycle as vector registers, and those of 16 bits as halves. Its sums are exact, as theirs are, so that no
///        result depends on it.
#include <sidera/simd/fetch.hpp>
#include <sidera/simd/integer_batch.hpp>
#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sidera::inline SIDERA_ABI::simd {
namespace detail {

#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)
/// Whether programs of these flags may find a matrix unit for integers of this type; it takes those of 16 bits as
/// halves.
template <class Entry>
inline constexpr bool serves_integers = sizeof(Entry) == 1;
template <class Entry>
inline constexpr bool serves_halves = sizeof(Entry) == 2;
/// The rows of a tile of integers: as many as the unit takes.
inline constexpr std::size_t integer_tile_rows = 16;
#else
template <class Entry>
inline constexpr bool serves_integers = false;
template <class Entry>
inline constexpr bool serves_halves = false;
inline constexpr std::size_t integer_tile_rows = tile_rows;
#endif

/// As \ref whole_tiles, of rows with entries of this type.
template <class Entry>
[[nodiscard]] constexpr std::size_t whole_tiles_of(std::size_t rows) noexcept {
  if constexpr (std::is_floating_point_v<Entry>)
    return whole_tiles(rows);
  else
    return (rows + integer_tile_rows - 1) / integer_tile_rows * integer_tile_rows;
}

/// Sums of products of a tile of rows and 2 registers of words.
struct tile_sums {
  alignas(64) std::int32_t of[tile_vectors][integer_tile_rows][width<float>];
};

/// Sums of products of 16-bit integers of rows and of one register of words, by the halves that are multiplied.
struct half_sums {
  static constexpr std::size_t count = integer_tile_rows * width<float>;  ///< row by row
  alignas(64) std::int32_t high[count];
  std::int32_t mixed[2][count];  ///< high halves of one side with low ones of the other
  std::int32_t low[count];

  /// The sums of the whole integers, to `low`; they are below 2^31, whatever the others are.
  void add_up() noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      auto const of = [](std::int32_t sum) { return static_cast<std::uint32_t>(sum); };
      low[i] = static_cast<std::int32_t>((of(high[i]) << 16) + ((of(mixed[0][i]) + of(mixed[1][i])) << 8) + of(low[i]));
    }
  }
};

/// Bytes of a row that one step of the unit takes in: those of a cache line, on which rows begin. (Where they do not,
/// they are read at a fifth of the speed.) Behind the last lane of words are zeros, so that what rows have there does
/// not count.
inline constexpr std::size_t step_bytes = 64, step_lanes = step_bytes / 4;

/// The steps of so many bytes of a row, and the bytes of whole steps.
[[nodiscard]] constexpr std::size_t unit_steps(std::size_t bytes) noexcept {
  return (bytes + step_bytes - 1) / step_bytes;
}
[[nodiscard]] constexpr std::size_t whole_steps(std::size_t bytes) noexcept {
  return unit_steps(bytes) * step_bytes;
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
  alignas(step_bytes) std::uint8_t copy[integer_tile_rows][step_bytes];

  [[nodiscard]] SIDERA_ALWAYS_INLINE tile_source step(std::size_t s) noexcept {
    for (std::size_t r = 0; r < integer_tile_rows; ++r) std::memcpy(copy[r], rows[r] + s * step_bytes, step_bytes);
    return {copy, step_bytes};
  }
};

#if defined(__AMX_INT8__) && defined(__AVX512VNNI__) && defined(__linux__)

/// Asks the system, once for the whole program, for the room that tiles take when threads are switched. False: the
/// system or a sandbox has none.
[[nodiscard]] inline bool matrix_unit_is_granted() noexcept {
  constexpr long request_permission = 0x1023, tile_data = 18;  // of arch_prctl
  static bool const granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  return granted;
}

/// All tiles have 16 rows of 16 lanes: of rows, of words, and of sums.
inline void set_tile_shapes() noexcept {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};
  } shapes;
  static_assert(sizeof shapes == 64 && integer_tile_rows == step_lanes);
  std::fill_n(shapes.row_bytes, 8, static_cast<std::uint16_t>(step_bytes));
  std::fill_n(shapes.rows, 8, static_cast<std::uint8_t>(integer_tile_rows));
  asm volatile("" ::"r"(&shapes) : "memory");  // g++ believes that eight bytes of them are read
  _tile_loadconfig(&shapes);
}

/// Whether \ref unit_products may be called in this thread.
inline thread_local bool matrix_unit_is_ready = false;

/// sums = starts + products of the entries of a tile of rows with the first `Vectors` registers of words of a panel.
template <std::size_t Vectors, class Source>
SIDERA_ALWAYS_INLINE void unit_products(Source& source, std::int8_t const* panel, std::int32_t const* starts,
                                        std::size_t steps, fetch_ahead ahead, tile_sums& sums) noexcept {
  constexpr std::size_t line = step_bytes, panel_row = tile_vectors * line;
  constexpr bool two_vectors = Vectors == 2;
  static_assert(Vectors <= 2);
  _tile_loadd(4, starts, 0);  // one row for all rows
  if constexpr (two_vectors) _tile_loadd(5, starts + width<float>, 0);
  for (std::size_t s = 0; s < steps; ++s, panel += step_lanes * panel_row) {
    tile_source const rows = source.step(s);
    asm volatile("" ::: "memory");  // g++ does not know that tiles are read from memory
    _tile_loadd(2, panel, panel_row);
    _tile_loadd(0, rows.first, rows.stride);
    _tile_dpbusd(4, 0, 2);
    if constexpr (two_vectors) {
      _tile_loadd(3, panel + line, panel_row);
      _tile_dpbusd(5, 0, 3);
    }
    unroll<8>([&](auto) __attribute__((always_inline)) { ahead.one(); });
  }
  ahead.rest();
  _tile_stored(4, sums.of[0][0], line);
  if constexpr (two_vectors) _tile_stored(5, sums.of[1][0], line);
  asm volatile("" ::: "memory");
}

/// Of integers of 16 bits, 256 * high + low of signed bytes: the sums of the products of the halves of a tile of rows
/// and of one register of words. `words` are the high halves; the low ones follow, `low_words` bytes behind; rows
/// likewise.
SIDERA_ALWAYS_INLINE void unit_products_of_halves(adjacent_rows const& rows, std::size_t low_rows,
                                                  std::int8_t const* words, std::size_t low_words, std::size_t steps,
                                                  half_sums& sums) noexcept {
  constexpr std::size_t line = step_bytes, panel_row = tile_vectors * line;
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (std::size_t s = 0; s < steps; ++s, words += step_lanes * panel_row) {
    tile_source const high = rows.step(s);
    asm volatile("" ::: "memory");  // as above
    _tile_loadd(0, high.first, high.stride);
    _tile_loadd(2, words, panel_row);
    _tile_dpbssd(4, 0, 2);
    _tile_loadd(3, words + low_words, panel_row);
    _tile_dpbssd(5, 0, 3);
    _tile_loadd(1, static_cast<std::uint8_t const*>(high.first) + low_rows, high.stride);
    _tile_dpbssd(6, 1, 2);
    _tile_dpbssd(7, 1, 3);
  }
  _tile_stored(4, sums.high, line);
  _tile_stored(5, sums.mixed[0], line);
  _tile_stored(6, sums.mixed[1], line);
  _tile_stored(7, sums.low, line);
  asm volatile("" ::: "memory");
}

#else

inline constexpr bool matrix_unit_is_ready = false;
template <std::size_t Vectors, class Source>
void unit_products(Source&, std::int8_t const*, std::int32_t const*, std::size_t, fetch_ahead, tile_sums&) noexcept {}
inline void unit_products_of_halves(adjacent_rows const&, std::size_t, std::int8_t const*, std::size_t, std::size_t,
                                    half_sums&) noexcept {}

#endif

}  // namespace detail

/// While it lives, scores of \ref integer_panels are computed by the matrix unit in this thread, where there is one and
/// the system grants it. Beginning and end take as long as the scores of a few dozen rows and one panel.
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
