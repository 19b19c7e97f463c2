// SPDX-License-Identifier: MIT
#pragma once
/// \file  Greedy encoding by \ref residual_tables.
#include <sidera/core/rounding.hpp>
#include <sidera/quantizers/residual_tables.hpp>
#include <sidera/simd/table_candidates.hpp>

namespace sidera::inline SIDERA_ABI {

/// Memory of one worker.
template <Scalar T>
struct table_workspace {
  simd::running_best<T> best;
  simd::table_candidates_workspace candidates;
  simd::integer_block<simd::first_pass_entry> coarse;
  std::vector<T const*> tables;
  std::vector<simd::row_and_word> several;  ///< candidates of rows that have more than one, row by row
  std::vector<T> scores;                    ///< theirs, tables subtracted
};

/// Codes from tables, which must be usable and outlive this.
///
/// A code counts as proven when its score leads by more than all roundings together, here and in the plain encoder.
template <Scalar T>
class greedy_tables {
 public:
  explicit greedy_tables(residual_tables<T> const& tables) noexcept
      : tables_(tables), first_pass_(tables.level(0).first_pass.usable()), finer_(true) {
    for (std::size_t l = 0; l < tables.level_count(); ++l) finer_ = finer_ && tables.level(l).finer.usable();
  }

  /// Codes of up to block_rows rows in out.cols() levels; numbers of rows that are not proven go to `unproven`.
  void encode(matrix_cref<T> const& x, code_matrix_ref out, table_workspace<T>& tw, simd::search_workspace<T>& w,
              std::vector<index_t>& unproven) const {
    unproven.clear();
    centre(x, tw, w);
    for (index_t l = 0; l < out.cols(); ++l) encode_level(out, l, tw, w);
    for (index_t i = 0; i < out.rows(); ++i)
      if (out(i, out.cols() - 1) == no_code) unproven.push_back(i);
  }

 private:
  using level_type = level_tables<T>;
  static constexpr std::size_t block_rows = residual_tables<T>::block_rows;
  static constexpr double unit = residual_tables<T>::unit;

  /// The rows less the origin; where there is a first pass, also as its integers.
  void centre(matrix_cref<T> const& x, table_workspace<T>& tw, simd::search_workspace<T>& w) const {
    level_type const& s = tables_.level(0);
    auto const stride = static_cast<std::size_t>(x.outerStride());
    if constexpr (std::is_same_v<T, float>)
      if (first_pass_)
        return simd::centre_rows(s.panels, s.first_pass, x.data(), stride, row_count(x), w, tw.coarse, finer_);
    simd::centre_rows(s.panels, x.data(), stride, row_count(x), w);
  }

  /// Codes of one level.
  void encode_level(code_matrix_ref& out, index_t l, table_workspace<T>& tw, simd::search_workspace<T> const& w) const {
    if constexpr (std::is_same_v<T, float>)
      if (first_pass_) return encode_level_in_two_passes(out, l, tw, w);
    auto const level = static_cast<std::size_t>(l);
    level_type const& s = tables_.level(level);
    constexpr std::size_t tile = simd::word_panels<T>::tile_rows;
    std::size_t const rows = simd::detail::whole_tiles(row_count(out));
    point_at_tables(out, level, rows, tw);
    tw.best.reset(rows);
    for (std::size_t p = 0; p < s.panels.panel_count(); ++p)  // a panel is fetched once for all rows of the block
      for (std::size_t first = 0; first < rows; first += tile)
        tw.best.add_panel(s.panels, p, first, tw.tables.data(), s.tables.size(), w);
    for (index_t i = 0; i < out.rows(); ++i) {
      simd::row_best<T> const best = tw.best.best(static_cast<std::size_t>(i), w);
      bool const lost = l > 0 && out(i, l - 1) == no_code;
      bool const known = !lost && proven(s, level, best);
      out(i, l) = known ? static_cast<code_t>(best.word) : no_code;
    }
  }

  /// The same with a first pass in integers, which leaves few words; single precision compares those.
  void encode_level_in_two_passes(code_matrix_ref& out, index_t l, table_workspace<T>& tw,
                                  simd::search_workspace<T> const& w) const {
    auto const level = static_cast<std::size_t>(l);
    level_type const& s = tables_.level(level);
    std::size_t const count = row_count(out), tables = s.tables.size();
    point_at_tables(out, level, simd::detail::whole_tiles_of<simd::first_pass_entry>(count), tw);
    constexpr std::size_t tile = simd::first_pass_panels::tile_rows;
    simd::matrix_unit_session const session(s.first_pass.wants_unit());
    tw.several.clear();
    tw.scores.clear();
    for (std::size_t first = 0; first < count; first += tile) {
      auto const lowest = [&](std::size_t r, T best) {
        double const length = w.lengths.data()[first + r], row_error = tw.coarse.errors.data()[first + r];
        double const doubt = 2 * error(s, level, length) + s.first_pass.difference_error(length, row_error);
        return detail::a_little_below(best - detail::rounded_up<T>(doubt));
      };
      auto const settle = [&](std::size_t r, simd::candidate_list<T> const& list) {
        auto const i = static_cast<index_t>(first + r);
        bool const lost = l > 0 && out(i, l - 1) == no_code;
        out(i, l) = lost ? no_code : only_candidate(s, first + r, list, w, tw);
      };
      simd::table_candidates(s.first_pass, tw.coarse.rows.data() + first * s.first_pass.row_length(),
                             std::min(tile, count - first), tw.tables.data() + first * tables, tables, tw.candidates,
                             lowest, settle);
    }
    choose_among_several(out, l, tw, w);
  }

  /// The code of row i where there is one candidate: all other words are further off than every error together. Several
  /// go to `several`, for \ref choose_among_several; else, and without any, no_code.
  [[nodiscard]] code_t only_candidate(level_type const& s, std::size_t i, simd::candidate_list<T> const& list,
                                      simd::search_workspace<T> const& w, table_workspace<T>& tw) const {
    if (!in_range(s, w.lengths.data()[i]) || !list.complete() || list.words().empty()) return no_code;
    if (list.words().size() == 1) return static_cast<code_t>(list.words()[0].word);
    for (auto const& candidate : list.words()) {
      tw.several.push_back({static_cast<std::uint32_t>(i), candidate.word});
      tw.scores.push_back(candidate.score);
    }
    return no_code;
  }

  /// The codes of rows of which what the integers have left excludes all candidates but one; of the others, the
  /// candidates that it does not exclude stay in the workspace.
  ///
  /// A candidate's score, from integers and with the tables subtracted, takes the correction of simd::finer_words in
  /// one more rounding. With its own error, those of the tables and the plain encoder's it is as sure as in \ref error.
  void drop_by_remainders(code_matrix_ref& out, index_t l, table_workspace<T>& tw,
                          simd::search_workspace<T> const& w) const {
    auto const level = static_cast<std::size_t>(l);
    level_type const& s = tables_.level(level);
    s.finer.correct({tw.coarse.rows.data(), tw.coarse.remainders.data()}, tw.several, tw.scores.data());
    std::size_t kept = 0;
    for (std::size_t c = 0, end = 0; c < tw.several.size(); c = end) {
      std::size_t const i = tw.several[c].row, begin = kept;
      while (end < tw.several.size() && tw.several[end].row == i) ++end;
      T const best = *std::max_element(tw.scores.begin() + std::ptrdiff_t(c), tw.scores.begin() + std::ptrdiff_t(end));
      T const lowest = detail::a_little_below(best - detail::rounded_up<T>(2 * finer_error(s, level, i, tw, w)));
      for (; c < end; ++c)
        if (!(tw.scores[c] < lowest)) tw.several[kept++] = tw.several[c];
      if (kept != begin + 1) continue;
      out(static_cast<index_t>(i), l) = static_cast<code_t>(tw.several[begin].word);
      kept = begin;
    }
    tw.several.resize(kept);
  }

  /// As \ref error, for scores that remainders have corrected.
  [[nodiscard]] double finer_error(level_type const& s, std::size_t l, std::size_t i, table_workspace<T> const& tw,
                                   simd::search_workspace<T> const& w) const noexcept {
    double const length = w.lengths.data()[i], row_error = tw.coarse.errors.data()[i];
    double const own = s.finer.score_error(length, row_error, tw.coarse.finer_errors.data()[i]);
    double const coarse = s.first_pass.score_error(length, row_error);
    return own + 2 * static_cast<double>(l + 2) * unit * (s.panels.score_limit(length) + coarse + s.table_limit) +
           tables_.plain_error(l, length, s.largest_a, s.largest_b);
  }

  /// The codes of rows with several candidates, no_code for those that are not proven. The candidates get scores in
  /// single precision, whose order of summation the bound does not ask for.
  void choose_among_several(code_matrix_ref& out, index_t l, table_workspace<T>& tw,
                            simd::search_workspace<T> const& w) const {
    auto const level = static_cast<std::size_t>(l);
    level_type const& s = tables_.level(level);
    std::size_t const tables = s.tables.size();
    if constexpr (sizeof(simd::first_pass_entry) == 1)
      if (finer_) drop_by_remainders(out, l, tw, w);
    tw.scores.resize(tw.several.size());
    s.words.scores(w.rows.data(), tw.several, tw.scores.data());
    constexpr T least = -std::numeric_limits<T>::infinity();
    for (std::size_t c = 0; c < tw.several.size();) {
      std::size_t const i = tw.several[c].row;
      simd::row_best<T> best{0, least, least, w.lengths.data()[i]};
      for (; c < tw.several.size() && tw.several[c].row == i; ++c) {
        std::size_t const word = tw.several[c].word;
        T score = tw.scores[c];
        for (std::size_t m = 0; m < tables; ++m) score -= tw.tables[i * tables + m][word];
        best.runner_up = std::max(best.runner_up, std::min(best.score, score));
        if (score > best.score) best.score = score, best.word = word;
      }
      out(static_cast<index_t>(i), l) = proven(s, level, best) ? static_cast<code_t>(best.word) : no_code;
    }
  }

  /// The table rows of the rows of the block in `rows` rows of whole tiles. A row that was lost at an earlier level and
  /// one that fills up the last tile read any table row: their results are not looked at.
  void point_at_tables(code_matrix_ref const& out, std::size_t l, std::size_t rows, table_workspace<T>& tw) const {
    std::size_t const count = tables_.level(l).tables.size();
    tw.tables.resize(block_rows * residual_tables<T>::most_levels);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t m = 0; m < count; ++m) {
        auto const i = std::min(static_cast<index_t>(r), out.rows() - 1);
        tw.tables[r * count + m] = tables_.table_row(l, m, std::max(0, out(i, static_cast<index_t>(m))));
      }
  }

  [[nodiscard]] bool in_range(level_type const& s, double length) const noexcept {
    return s.panels.in_range(length) && s.table_limit < static_cast<double>(std::numeric_limits<T>::max()) / 4;
  }
  [[nodiscard]] bool proven(level_type const& s, std::size_t l, simd::row_best<T> const& best) const noexcept {
    double const lead = static_cast<double>(best.score) - static_cast<double>(best.runner_up);
    return in_range(s, best.length) && lead > 2 * error(s, l, best.length);
  }

  /// How far score and plain encoder can be from the real numbers together, for a row with |x - origin| = length.
  /// Of the score: the product's own bound; every table entry and every subtraction is rounded once.
  [[nodiscard]] double error(level_type const& s, std::size_t l, double length) const noexcept {
    double const tables = 2 * static_cast<double>(l + 1) * unit * (s.panels.score_limit(length) + s.table_limit);
    return s.panels.score_error(length, first_pass_ ? s.words.roundings() : tables_.whole_chain()) + tables +
           tables_.plain_error(l, length, s.largest_a, s.largest_b);
  }

  residual_tables<T> const& tables_;
  bool first_pass_, finer_;
};

}  // namespace sidera::inline SIDERA_ABI
