// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words that can be the best ones of a row after tables are subtracted, by integers.
#include <sidera/simd/candidates.hpp>
#include <sidera/simd/integer_panels.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Memory of one worker.
struct table_candidates_workspace {
  aligned_buffer<float> scores;
  candidate_list<float> list;
};

/// Calls sink(r, list) for each of the first `count` rows of a tile, list the \ref candidate_list of the words whose
/// score less its table rows is at least lowest(r, best), best the largest one. `rows` is what
/// first_pass_panels::load_rows wrote; row r has its tables at tables[r * table_count], for all rows of the tile.
template <class Lowest, class Sink>
void table_candidates(first_pass_panels const& panels, first_pass_entry const* rows, std::size_t count,
                      float const* const* tables, std::size_t table_count, table_candidates_workspace& w,
                      Lowest const& lowest, Sink const& sink) {
  constexpr std::size_t tile = first_pass_panels::tile_rows, chunk = score_chunk<float>,
                        per_panel = first_pass_panels::words_per_panel;
  std::size_t const words = panels.panel_count() * per_panel, stride = (words + chunk - 1) / chunk * chunk;
  std::size_t const maxima_stride = maxima_count<float>(stride);
  float* const scores = w.scores.reserve(tile * (stride + maxima_stride));
  float* const maxima = scores + tile * stride;
  for (std::size_t r = 0; r < count; ++r)
    std::fill(scores + r * stride + words, scores + (r + 1) * stride, -std::numeric_limits<float>::infinity());
  matrix_unit_session const session(panels.wants_unit());
  for (std::size_t p = 0; p < panels.panel_count(); ++p)
    panels.store_scores(rows, p, tables, table_count, scores + p * per_panel, stride);
  float bounds[tile];  // of all rows first: their chains of operations overlap
  for (std::size_t r = 0; r < count; ++r)
    bounds[r] = lowest(r, chunk_maxima(scores + r * stride, stride, maxima + r * maxima_stride));
  for (std::size_t r = 0; r < count; ++r) {
    w.list.clear();
    w.list.collect(scores + r * stride, maxima + r * maxima_stride, stride, 0, bounds[r]);
    sink(r, w.list);
  }
}

}  // namespace sidera::inline SIDERA_ABI::simd
