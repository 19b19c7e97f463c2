// SPDX-License-Identifier: MIT
#pragma once
/// \file  How a search is cut to the caches.
#include <algorithm>
#include <cstddef>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// How the panels and rows of one search are cut, from the shape of the words
/// alone.
///
/// Words that fit the second-level cache are streamed past a few rows at a
/// time. More words are cut into groups that fit, and each group serves many
/// rows before the next one is fetched.
struct scan_plan {
  std::size_t group;  ///< panels
  std::size_t rows;   ///< whole tiles

  template <class Panels>
  [[nodiscard]] static scan_plan of(Panels const& panels) noexcept {
    constexpr std::size_t tile = Panels::tile_rows;
    std::size_t const row_bytes = std::max<std::size_t>(1, panels.row_length()) * sizeof(typename Panels::row_entry);
    std::size_t const panel_bytes = row_bytes * Panels::words_per_panel;
    std::size_t const all = std::max<std::size_t>(1, panels.panel_count());
    bool const one = all * panel_bytes <= cache;
    std::size_t const group = one ? all : std::clamp<std::size_t>(cache / 2 / panel_bytes, 1, all);
    std::size_t const rows = std::clamp<std::size_t>((one ? few_rows : many_rows) / row_bytes, 4 * tile, 1200);
    return {group, rows / tile * tile};
  }

 private:
  static constexpr std::size_t cache = std::size_t{3} << 17, few_rows = std::size_t{1} << 15,
                               many_rows = std::size_t{1} << 20;
};

}  // namespace sidera::inline SIDERA_ABI::simd
