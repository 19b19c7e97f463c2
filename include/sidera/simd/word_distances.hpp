// SPDX-License-Identifier: MIT
#pragma once
/// \file  How far words are apart, from their integers.
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/word_rows.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI::simd {

/// No two words are farther apart than this: |w_j - w_k|^2 = |w_j|^2 + |w_k|^2 - 2 <w_j, w_k>, with the product from
/// `panels`, the integers of the same words, and its \ref integer_panels::score_error. Takes as long as searching
/// words.size() rows.
template <class Entry>
[[nodiscard]] double largest_distance(word_rows<float> const& words, integer_panels<Entry> const& panels) {
  constexpr std::size_t tile = integer_panels<Entry>::tile_rows, per_panel = integer_panels<Entry>::words_per_panel;
  std::size_t const count = words.size(), dim = words.dim(), stride = panels.panel_count() * per_panel;
  std::vector<float> const origin(dim, 0.0f);
  std::vector<double> lengths(detail::whole_tiles_of<Entry>(count)), errors(lengths.size());
  aligned_buffer<float> copies(lengths.size() * dim), scores(tile * stride);
  aligned_buffer<Entry> integers(lengths.size() * panels.row_length());
  std::fill_n(integers.data(), lengths.size() * panels.row_length(), Entry{0});
  panels.load_rows(words.direction(0), dim, count, origin.data(),
                   {copies.data(), integers.data(), lengths.data(), errors.data()});
  matrix_unit_session const session(panels.wants_unit());
  double most = 0;
  for (std::size_t first = 0; first < count; first += tile) {
    for (std::size_t p = 0; p < panels.panel_count(); ++p)
      panels.store_scores(integers.data() + first * panels.row_length(), p, scores.data() + p * per_panel, stride,
                          multiply_add_step{});
    for (std::size_t r = 0; r < std::min(tile, count - first); ++r) {
      double const length = lengths[first + r], error = panels.score_error(length, errors[first + r]);
      for (std::size_t j = 0; j < count; ++j) {
        double const product = static_cast<double>(scores.data()[r * stride + j]) - static_cast<double>(words.bias(j));
        double const square = length * length + lengths[j] * lengths[j] - 2 * (product - error);
        most = square <= most || most != most ? most : square;  // a NaN stays
      }
    }
  }
  return std::sqrt(most) * (1 + 1e-9);
}

/// Tightens \ref integer_panels::difference_error by how far the words, and what their integers leave of them, are
/// apart. `words` are the words of `panels`. Pays where many more rows than there are words will be searched.
template <class Entry>
void measure_distances(integer_panels<Entry>& panels, word_rows<float> const& words) {
  if (!panels.usable()) return;
  std::size_t const dim = words.dim();
  std::vector<float> errors(words.size() * dim);
  for (std::size_t j = 0; j < words.size(); ++j) panels.word_error(j, words.direction(j), errors.data() + j * dim);
  auto const left = word_panels<float>::as_they_are(errors, dim);
  integer_panels<Entry> const left_integers(left);
  double const apart = largest_distance(words, panels);
  panels.set_distances(apart, left_integers.usable() ? largest_distance(word_rows<float>(left), left_integers)
                                                     : std::numeric_limits<double>::infinity());
}

}  // namespace sidera::inline SIDERA_ABI::simd
