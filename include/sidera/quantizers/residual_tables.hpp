// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual encoding from one product, greedy and for a beam.
#include <sidera/core/rounding.hpp>
#include <sidera/quantizers/level_tables.hpp>
#include <sidera/simd/nearest.hpp>
#include <sidera/simd/table_candidates.hpp>
#include <vector>

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

/// Scores of all levels from the sample itself, for squared Euclidean distance and queries [residual ; weight *
/// prefix].
///
/// With words [A_l ; weight B_l] and prefix p = sum_{m<l} A_m[i_m], the nearest word of level l is the one with the
/// largest
///   <x, A_l[j]> - n_l[j] / 2 - sum_{m<l} <A_m[i_m], A_l[j] - weight^2 B_l[j]>,  n_l = |A_l|^2 + weight^2 |B_l|^2:
/// one product with the stacked words, then one table row per earlier level. PSRQ costs as much as RQ. The distances do
/// not change when x, A_1 and the B_l are moved by one point, here the mean of A_1, so data far away do not cancel.
///
/// A code counts as proven when its score leads by more than all roundings together, here and in the plain encoder;
/// the caller encodes the other rows level by level. So both ways give the same codes, always.
template <Scalar T>
class residual_tables {
 public:
  /// Memory of one beam search.
  struct beam_workspace {
    simd::search_workspace<T> numbers;
    simd::integer_block<std::int16_t> integers;
  };

  static constexpr std::size_t most_levels = level_tables_builder<T>::most_levels;
  static constexpr std::size_t tile_rows = simd::detail::tile_rows;  ///< that \ref scores takes together

  residual_tables() = default;
  residual_tables(std::vector<residual_level<T>> const& levels, std::size_t dim, double weight)
      : dim_(static_cast<index_t>(dim)), weight_(static_cast<double>(static_cast<T>(weight))) {
    if (!level_tables_builder<T>::fits(levels)) return;
    row_vector<double> const origin = levels.front().explained.template cast<double>().colwise().mean();
    origin_ = origin.template cast<T>();
    origin_length_ = std::sqrt(origin_.template cast<double>().squaredNorm());
    steps_ = level_tables_builder<T>(origin_, weight_).build(levels);
    first_pass_ = steps_.front().first_pass.usable();
    finer_ = std::all_of(steps_.begin(), steps_.end(), [](step const& s) { return s.finer.usable(); });
    by_integers_ = steps_.front().integers.usable();
  }

  [[nodiscard]] bool usable() const noexcept { return !steps_.empty(); }

  /// Rows per block; the same for all levels.
  [[nodiscard]] static constexpr std::size_t block_rows() noexcept { return 16 * tile_rows; }

  /// Codes of up to block_rows() rows in out.cols() levels; numbers of rows that are not proven go to `unproven`.
  void encode(matrix_cref<T> const& x, code_matrix_ref out, table_workspace<T>& tw, simd::search_workspace<T>& w,
              std::vector<index_t>& unproven) const {
    unproven.clear();
    centre(x, first_pass_, steps_.front().first_pass, w, tw.coarse);
    for (index_t l = 0; l < out.cols(); ++l) encode_level(out, l, tw, w);
    for (index_t i = 0; i < out.rows(); ++i)
      if (out(i, out.cols() - 1) == no_code) unproven.push_back(i);
  }

  /// For a beam: what \ref scores and the doubts are asked about next, up to block_rows() rows.
  void start(matrix_cref<T> const& x, beam_workspace& w) const {
    centre(x, by_integers_, steps_.front().integers, w.numbers, w.integers);
  }

  [[nodiscard]] std::size_t level_count() const noexcept { return steps_.size(); }

  /// Numbers per row of scores and per table row of level l: its words and some padding.
  [[nodiscard]] std::size_t stride(std::size_t l) const noexcept { return steps_[l].stride; }

  /// <x, A_l[j]> - n_l[j] / 2 but for a number that all words share, for every word of tile_rows rows from row `first`
  /// on, a multiple of that; padding is -infinity. `out` is aligned and has room for tile_rows times stride(l) numbers.
  void scores(std::size_t l, std::size_t first, T* out, beam_workspace const& w) const {
    if constexpr (std::is_same_v<T, float>)
      if (by_integers_) return store_scores(steps_[l].integers, w.integers.rows.data(), l, first, out);
    store_scores(steps_[l].panels, w.numbers.rows.data(), l, first, out);
  }

  /// What the scores of level l lose when level m < l has this code: stride(l) numbers.
  [[nodiscard]] T const* table_row(std::size_t l, std::size_t m, code_t code) const noexcept {
    return steps_[l].tables[m].data() + static_cast<std::size_t>(code) * stride(l);
  }

  /// What a hypothesis with these codes up to level l carries to the next level beside the score of its last word.
  [[nodiscard]] double carried(std::size_t l, std::span<code_t const> codes) const noexcept {
    step const& s = steps_[l];
    if (s.carry.size() == 0) return 0;
    auto left = static_cast<double>(s.carry(codes[l]));
    for (std::size_t m = 0; m < l; ++m) left -= static_cast<double>(s.carry_tables[m](codes[m], codes[l]));
    return left;
  }

  /// How far a score of row i, less its table rows and moved by at most `shift`, and what is carried on with it can be
  /// from the real numbers; infinite where the score must not be trusted.
  [[nodiscard]] double score_doubt(std::size_t l, std::size_t i, double shift, beam_workspace const& w) const noexcept {
    step const& s = steps_[l];
    double const length = w.numbers.lengths.data()[i], limit = static_cast<double>(std::numeric_limits<T>::max()) / 8;
    if (!s.panels.in_range(length) || !(s.table_limit + s.carry_limit + std::abs(shift) < limit))
      return std::numeric_limits<double>::infinity();
    // One rounding for every table, one for all entries together, the shift, and what is carried to the next shift.
    double const terms = static_cast<double>(l) + 5;
    return s.panels.score_error(length, by_integers_ ? s.words.roundings() : whole_chain()) +
           terms * unit * (s.panels.score_limit(length) + s.table_limit + 2 * std::abs(shift)) +
           4 * unit * s.carry_limit;
  }

  /// What is to be added to that for \ref scores; \ref fine_scores does without.
  [[nodiscard]] double coarse_doubt(std::size_t l, std::size_t i, beam_workspace const& w) const noexcept {
    if (!by_integers_) return 0;
    return steps_[l].integers.score_error(w.numbers.lengths.data()[i], w.integers.errors.data()[i]);
  }

  /// Whether \ref scores come from integers, so that \ref fine_scores are better.
  [[nodiscard]] bool coarse() const noexcept { return by_integers_; }
  /// The scores of words for rows.
  void fine_scores(std::size_t l, std::span<simd::row_and_word const> pairs, T* out,
                   beam_workspace const& w) const noexcept {
    steps_[l].words.scores(w.numbers.rows.data(), pairs, out);
  }

  /// How far half of a squared distance of the plain encoder can be from the real number, for row i.
  ///
  /// As in \ref error, but hypotheses differ in their residuals and prefixes too: their roundings e move half of
  /// |q - word|^2 by <e, q - word>.
  [[nodiscard]] double plain_doubt(std::size_t l, std::size_t i, beam_workspace const& w) const noexcept {
    double const length = w.numbers.lengths.data()[i];
    step const& s = steps_[l];
    return plain_error(s, l, length, reach(l, length) + s.largest_a,
                       weight_ * (reach(l, length) + origin_length_) + s.largest_b);
  }

 private:
  using step = level_tables<T>;

  /// The rows less the origin; where they are used, also as integers.
  template <class Entry>
  void centre(matrix_cref<T> const& x, bool by_integers, simd::integer_panels<Entry> const& integers,
              simd::search_workspace<T>& w, simd::integer_block<Entry>& block) const {
    simd::word_panels<T> const& panels = steps_.front().panels;
    auto const stride = static_cast<std::size_t>(x.outerStride());
    if constexpr (std::is_same_v<T, float>)
      if (by_integers)
        return simd::centre_rows(panels, integers, x.data(), stride, row_count(x), w, block,
                                 finer_ && sizeof(Entry) == 1);
    simd::centre_rows(panels, x.data(), stride, row_count(x), w);
  }

  template <class Panels>
  void store_scores(Panels const& panels, typename Panels::row_entry const* rows, std::size_t l, std::size_t first,
                    T* out) const {
    std::size_t const per_row = stride(l), scored = panels.panel_count() * Panels::words_per_panel;
    for (std::size_t p = 0; p < panels.panel_count(); ++p)
      panels.store_scores(rows + first * panels.row_length(), p, out + p * Panels::words_per_panel, per_row,
                          simd::multiply_add_step{});
    for (std::size_t i = 0; i < tile_rows; ++i)
      std::fill(out + i * per_row + scored, out + (i + 1) * per_row, -std::numeric_limits<T>::infinity());
  }

  /// Codes of one level.
  void encode_level(code_matrix_ref& out, index_t l, table_workspace<T>& tw, simd::search_workspace<T> const& w) const {
    if constexpr (std::is_same_v<T, float>)
      if (first_pass_) return encode_level_in_two_passes(out, l, tw, w);
    step const& s = steps_[static_cast<std::size_t>(l)];
    std::size_t const rows = point_at_tables(out, s, tw);
    tw.best.reset(rows);
    for (std::size_t p = 0; p < s.panels.panel_count(); ++p)  // a panel is fetched once for all rows of the block
      for (std::size_t first = 0; first < rows; first += tile_rows)
        tw.best.add_panel(s.panels, p, first, tw.tables.data(), s.tables.size(), w);
    for (index_t i = 0; i < out.rows(); ++i) {
      simd::row_best<T> const best = tw.best.best(static_cast<std::size_t>(i), w);
      bool const lost = l > 0 && out(i, l - 1) == no_code;
      bool const known = !lost && proven(s, static_cast<std::size_t>(l), best);
      out(i, l) = known ? static_cast<code_t>(best.word) : no_code;
    }
  }

  /// The same with a first pass in integers, which leaves few words; single precision compares those.
  void encode_level_in_two_passes(code_matrix_ref& out, index_t l, table_workspace<T>& tw,
                                  simd::search_workspace<T> const& w) const {
    auto const level = static_cast<std::size_t>(l);
    step const& s = steps_[level];
    std::size_t const rows = point_at_tables(out, s, tw), count = row_count(out), tables = s.tables.size();
    std::size_t const at_once = s.first_pass.by_two_tiles() ? 2 * tile_rows : tile_rows;
    simd::matrix_unit_session const session(s.first_pass.wants_unit());
    tw.several.clear();
    tw.scores.clear();
    for (std::size_t first = 0; first < rows; first += at_once) {
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
      auto const look = [&](auto tiles) {
        simd::table_candidates<tiles>(s.first_pass, tw.coarse.rows.data() + first * s.first_pass.row_length(),
                                      std::min(at_once, count - first), tw.tables.data() + first * tables, tables,
                                      tw.candidates, lowest, settle);
      };
      if (at_once > tile_rows && rows - first > tile_rows)
        look(std::integral_constant<std::size_t, 2>{});
      else
        look(std::integral_constant<std::size_t, 1>{});
    }
    choose_among_several(out, l, tw, w);
  }

  /// The code of row i where there is one candidate: all other words are further off than every error together. Several
  /// go to `several`, for \ref choose_among_several; else, and without any, no_code.
  [[nodiscard]] code_t only_candidate(step const& s, std::size_t i, simd::candidate_list<T> const& list,
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
    step const& s = steps_[level];
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
  [[nodiscard]] double finer_error(step const& s, std::size_t l, std::size_t i, table_workspace<T> const& tw,
                                   simd::search_workspace<T> const& w) const noexcept {
    double const length = w.lengths.data()[i], row_error = tw.coarse.errors.data()[i];
    double const own = s.finer.score_error(length, row_error, tw.coarse.finer_errors.data()[i]);
    double const coarse = s.first_pass.score_error(length, row_error);
    return own + 2 * static_cast<double>(l + 2) * unit * (s.panels.score_limit(length) + coarse + s.table_limit) +
           plain_error(s, l, length, s.largest_a, s.largest_b);
  }

  /// The codes of rows with several candidates, no_code for those that are not proven. The candidates get scores in
  /// single precision, whose order of summation the bound does not ask for.
  void choose_among_several(code_matrix_ref& out, index_t l, table_workspace<T>& tw,
                            simd::search_workspace<T> const& w) const {
    auto const level = static_cast<std::size_t>(l);
    step const& s = steps_[level];
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

  /// The table rows of every row of the block. A row that was lost at an earlier level and one that fills up the last
  /// tile read any table row: their results are not looked at. Returns the rows of all tiles.
  std::size_t point_at_tables(code_matrix_ref const& out, step const& s, table_workspace<T>& tw) const {
    std::size_t const rows = simd::detail::whole_tiles(row_count(out));
    std::size_t const count = s.tables.size();
    tw.tables.resize(block_rows() * most_levels);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t m = 0; m < count; ++m) {
        auto const i = std::min(static_cast<index_t>(r), out.rows() - 1);
        code_t const code = std::max(0, out(i, static_cast<index_t>(m)));
        tw.tables[r * count + m] = s.tables[m].data() + static_cast<std::size_t>(code) * s.stride;
      }
    return rows;
  }

  [[nodiscard]] bool in_range(step const& s, double length) const noexcept {
    return s.panels.in_range(length) && s.table_limit < static_cast<double>(std::numeric_limits<T>::max()) / 4;
  }
  [[nodiscard]] bool proven(step const& s, std::size_t l, simd::row_best<T> const& best) const noexcept {
    double const lead = static_cast<double>(best.score) - static_cast<double>(best.runner_up);
    return in_range(s, best.length) && lead > 2 * error(s, l, best.length);
  }

  /// How far score and plain encoder can be from the real numbers together, for a row with |x - origin| = length.
  /// Of the score: the product's own bound; every table entry and every subtraction is rounded once.
  [[nodiscard]] double error(step const& s, std::size_t l, double length) const noexcept {
    double const tables = 2 * static_cast<double>(l + 1) * unit * (s.panels.score_limit(length) + s.table_limit);
    return s.panels.score_error(length, first_pass_ ? s.words.roundings() : whole_chain()) + tables +
           plain_error(s, l, length, s.largest_a, s.largest_b);
  }

  /// Of the plain encoder: residual and prefix are rounded at every level but the first, residuals are at most `reach`
  /// long, prefixes at most `reach` from the origin; a first prefix is exact, but its weighted one is rounded. So the
  /// rounding vectors e of level l have at most l u times that length, hardly more. They move half of a squared
  /// distance by <e, v>, where v is a word if all that matters is how words differ: |v| is at most `residual` for the
  /// residual and `prefix` for the prefix. The comparison in double adds terms of the order of 2^-53.
  [[nodiscard]] double plain_error(step const& s, std::size_t l, double length, double residual,
                                   double prefix) const noexcept {
    constexpr double hardly_more = 1.01;
    double const far = reach(l, length), away = origin_length_, rounded = static_cast<double>(l) * unit * hardly_more;
    double const all = far + away + s.largest_a + s.largest_b + weight_ * (far + away);
    return rounded * (far * residual + weight_ * (far + away) * prefix) +
           8 * (2 * static_cast<double>(dim_) + 8) * 0x1p-53 * all * all;
  }

  /// Roundings of a term in scores from panels.
  [[nodiscard]] std::size_t whole_chain() const noexcept { return static_cast<std::size_t>(dim_) + 1; }

  /// No residual of level l is longer.
  [[nodiscard]] double reach(std::size_t l, double length) const noexcept {
    for (std::size_t m = 0; m < l; ++m) length += steps_[m].largest_a;
    return length;
  }

  static constexpr double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;

  index_t dim_ = 0;
  bool first_pass_ = false, by_integers_ = false, finer_ = false;
  double weight_ = 0, origin_length_ = 0;
  row_vector<T> origin_;
  std::vector<step> steps_;
};

}  // namespace sidera::inline SIDERA_ABI
