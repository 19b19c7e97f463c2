// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a beam search asks \ref residual_tables.
#include <sidera/quantizers/residual_tables.hpp>

namespace sidera::inline SIDERA_ABI {

/// Scores of all words for some rows, and their doubts. The tables must be usable and outlive this.
template <Scalar T>
class beam_tables {
 public:
  /// Memory of one beam search.
  struct workspace {
    simd::search_workspace<T> numbers;
    simd::integer_block<std::int16_t> integers;
  };

  explicit beam_tables(residual_tables<T> const& tables) noexcept
      : tables_(tables), by_integers_(tables.level(0).integers.usable()) {}

  /// What \ref scores and the doubts are asked about next, up to residual_tables::block_rows rows.
  void start(matrix_cref<T> const& x, workspace& w) const {
    level_type const& s = tables_.level(0);
    auto const stride = static_cast<std::size_t>(x.outerStride());
    if constexpr (std::is_same_v<T, float>)
      if (by_integers_)
        return simd::centre_rows(s.panels, s.integers, x.data(), stride, row_count(x), w.numbers, w.integers);
    simd::centre_rows(s.panels, x.data(), stride, row_count(x), w.numbers);
  }

  /// Rows that \ref scores takes together, and the most of all tables.
  static constexpr std::size_t most_tile_rows =
      std::max(simd::word_panels<T>::tile_rows, simd::integer_panels<std::int16_t>::tile_rows);
  [[nodiscard]] std::size_t tile_rows() const noexcept {
    return by_integers_ ? simd::integer_panels<std::int16_t>::tile_rows : simd::word_panels<T>::tile_rows;
  }

  /// Numbers per row of scores and per table row of level l: its words and some padding.
  [[nodiscard]] std::size_t stride(std::size_t l) const noexcept { return tables_.level(l).stride; }

  /// <x, A_l[j]> - n_l[j] / 2 but for a number that all words share, for every word of tile_rows() rows from row
  /// `first` on, a multiple of that; padding is -infinity. `out` is aligned and has room for tile_rows() times
  /// stride(l) numbers.
  void scores(std::size_t l, std::size_t first, T* out, workspace const& w) const {
    if constexpr (std::is_same_v<T, float>)
      if (by_integers_) return store_scores(tables_.level(l).integers, w.integers.rows.data(), l, first, out);
    store_scores(tables_.level(l).panels, w.numbers.rows.data(), l, first, out);
  }

  /// What a hypothesis with these codes up to level l carries to the next level beside the score of its last word.
  [[nodiscard]] double carried(std::size_t l, std::span<code_t const> codes) const noexcept {
    level_type const& s = tables_.level(l);
    if (s.carry.size() == 0) return 0;
    auto left = static_cast<double>(s.carry(codes[l]));
    for (std::size_t m = 0; m < l; ++m) left -= static_cast<double>(s.carry_tables[m](codes[m], codes[l]));
    return left;
  }

  /// How far a score of row i, less its table rows and moved by at most `shift`, and what is carried on with it can be
  /// from the real numbers; infinite where the score must not be trusted.
  [[nodiscard]] double score_doubt(std::size_t l, std::size_t i, double shift, workspace const& w) const noexcept {
    level_type const& s = tables_.level(l);
    double const length = w.numbers.lengths.data()[i], limit = static_cast<double>(std::numeric_limits<T>::max()) / 8;
    if (!s.panels.in_range(length) || !(s.table_limit + s.carry_limit + std::abs(shift) < limit))
      return std::numeric_limits<double>::infinity();
    // One rounding for every table, one for all entries together, the shift, and what is carried to the next shift.
    double const terms = static_cast<double>(l) + 5;
    return s.panels.score_error(length, by_integers_ ? s.words.roundings() : tables_.whole_chain()) +
           terms * unit * (s.panels.score_limit(length) + s.table_limit + 2 * std::abs(shift)) +
           4 * unit * s.carry_limit;
  }

  /// What is to be added to that for \ref scores; \ref fine_scores does without.
  [[nodiscard]] double coarse_doubt(std::size_t l, std::size_t i, workspace const& w) const noexcept {
    if (!by_integers_) return 0;
    return tables_.level(l).integers.score_error(w.numbers.lengths.data()[i], w.integers.errors.data()[i]);
  }

  /// Whether a simd::matrix_unit_session serves \ref scores.
  [[nodiscard]] bool wants_unit() const noexcept { return by_integers_ && tables_.level(0).integers.wants_unit(); }
  /// Whether \ref scores come from integers, so that \ref fine_scores are better.
  [[nodiscard]] bool coarse() const noexcept { return by_integers_; }
  /// The scores of words for rows.
  void fine_scores(std::size_t l, std::span<simd::row_and_word const> pairs, T* out,
                   workspace const& w) const noexcept {
    tables_.level(l).words.scores(w.numbers.rows.data(), pairs, out);
  }

  /// How far half of a squared distance of the plain encoder can be from the real number, for row i.
  ///
  /// As in residual_tables::plain_error, but hypotheses differ in their residuals and prefixes too: their roundings e
  /// move half of |q - word|^2 by <e, q - word>.
  [[nodiscard]] double plain_doubt(std::size_t l, std::size_t i, workspace const& w) const noexcept {
    double const length = w.numbers.lengths.data()[i];
    level_type const& s = tables_.level(l);
    return tables_.plain_error(l, length, tables_.reach(l, length) + s.largest_a,
                               tables_.prefix_reach(l, length) + s.largest_b);
  }

 private:
  using level_type = level_tables<T>;
  static constexpr double unit = residual_tables<T>::unit;

  template <class Panels>
  void store_scores(Panels const& panels, typename Panels::row_entry const* rows, std::size_t l, std::size_t first,
                    T* out) const {
    std::size_t const per_row = stride(l), scored = panels.panel_count() * Panels::words_per_panel;
    for (std::size_t p = 0; p < panels.panel_count(); ++p)
      panels.store_scores(rows + first * panels.row_length(), p, out + p * Panels::words_per_panel, per_row,
                          simd::multiply_add_step{});
    for (std::size_t i = 0; i < Panels::tile_rows; ++i)
      std::fill(out + i * per_row + scored, out + (i + 1) * per_row, -std::numeric_limits<T>::infinity());
  }

  residual_tables<T> const& tables_;
  bool by_integers_;
};

}  // namespace sidera::inline SIDERA_ABI
