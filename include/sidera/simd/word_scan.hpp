// SPDX-License-Identifier: MIT
#pragma once
/// \file  The search: scores of all words for block after block of rows, of
/// which only the candidates survive.
#include <sidera/simd/candidates.hpp>
#include <sidera/simd/fetch.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/scan_plan.hpp>
#include <sidera/simd/word_panels.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI::simd {

/// Memory of one worker; grows to the largest block it has seen.
template <Scalar T>
struct scan_workspace {
  aligned_buffer<T> rows, scores;
  aligned_buffer<first_pass_entry> integers;
  std::vector<T> slacks;
  std::vector<candidate_list<T>> candidates;

  /// Room for rows of panels whose entries are of type E.
  template <class E>
  [[nodiscard]] E* reserve_rows(std::size_t count) {
    if constexpr (std::is_same_v<E, T>)
      return rows.reserve(count);
    else
      return integers.reserve(count);
  }
};

/// Rows as numbers, `stride` apart, of which `rules.prepare(x, stride, count, out, slacks)` makes what the tile reads
/// of the rows of a block, and their slacks: a source of \ref word_scan.
template <Scalar T, class Rules>
struct rows_as_numbers {
  T const* x;
  std::size_t stride;
  Rules const& rules;

  template <class Entry>
  [[nodiscard]] Entry const* load(std::size_t first, std::size_t count, std::size_t row_length, Entry* room,
                                  T* slacks) const {
    rules.prepare(x + first * stride, stride, count, room, slacks);
    std::fill(room + count * row_length, room + detail::whole_tiles_of<Entry>(count) * row_length, Entry(0));
    return room;
  }
  [[nodiscard]] std::span<T const> memory(std::size_t first, std::size_t end) const noexcept {
    return {x + first * stride, x + end * stride};
  }
};

/// Finds the candidates of rows among the words of `panels` (\ref word_panels or \ref first_pass_panels), by `rules`:
///
///   `rules(sum, x, w)`              one step of a score, on batches
///   `rules.lowest(best, slack)`     the lowest score of a candidate; it must
///   not fall when `best` rises
///
/// Rows come from a source, \ref rows_as_numbers or one like it:
///
///   `source.load(first, count, row_length, room, slacks)` -> what the tile reads of `count` rows in whole tiles, for
///   which there is room, and the slacks; a slack that is no finite number gives the row up
///   `source.memory(first, end)`     what it reads for these rows
///
/// The candidates of a row depend on the row and the words alone, and no score
/// is kept: the words stream past a few rows, whose scores are looked at while
/// they are in the first-level cache.
template <Scalar T, class Rules, class Panels = word_panels<T>>
class word_scan {
  using row_entry = typename Panels::row_entry;

 public:
  word_scan(Panels const& panels, Rules const& rules, scan_workspace<T>& w)
      : panels_(panels), rules_(rules), w_(w), plan_(scan_plan::of(panels)) {
    score_stride_ = whole_chunks(plan_.group * words_per_panel);
    maxima_stride_ = maxima_count<T>(score_stride_);
    room_ = w.template reserve_rows<row_entry>(plan_.rows * panels.row_length());
    scores_ = w.scores.reserve(tile * (score_stride_ + maxima_stride_));
    w.slacks.resize(plan_.rows);
    w.candidates.resize(plan_.rows);
  }

  /// Of `count` rows, `stride` numbers apart.
  template <class Sink>
  void run(T const* x, std::size_t stride, std::size_t count, Sink&& sink) {
    run(rows_as_numbers<T, Rules>{x, stride, rules_}, count, sink);
  }

  /// Of `count` rows: calls sink(i, lists) for each block, lists the
  /// \ref candidate_list of its rows i, i + 1, ...; they may be changed.
  template <class Source, class Sink>
  void run(Source const& source, std::size_t count, Sink&& sink) {
    for (std::size_t first = 0; first < count; first += plan_.rows) {
      std::size_t const n = std::min(plan_.rows, count - first);
      load(source, first, n);
      auto const next = source.memory(std::min(count, first + n), std::min(count, first + n + plan_.rows));
      for (std::size_t g = 0; g < panels_.panel_count(); g += plan_.group) {
        scan_group(g, n, next);
        next_is_asked_for_ = true;
      }
      next_is_asked_for_ = false;
      sink(first, std::span<candidate_list<T>>(w_.candidates.data(), n));
    }
  }

 private:
  static constexpr std::size_t tile = Panels::tile_rows, words_per_panel = Panels::words_per_panel;

  [[nodiscard]] static constexpr std::size_t whole_chunks(std::size_t words) noexcept {
    return (words + score_chunk<T> - 1) / score_chunk<T> * score_chunk<T>;
  }

  template <class Source>
  void load(Source const& source, std::size_t first, std::size_t n) {
    rows_ = source.load(first, n, panels_.row_length(), room_, w_.slacks.data());
    for (std::size_t i = 0; i < n; ++i) {
      w_.candidates[i].clear();
      if (!(w_.slacks[i] <= std::numeric_limits<T>::max())) w_.candidates[i].give_up();
    }
  }

  /// The group of panels from `first` on for all rows of the block; meanwhile
  /// the next block is fetched.
  template <class Entry>
  void scan_group(std::size_t first, std::size_t n, std::span<Entry const> next) {
    std::size_t const panels = std::min(plan_.group, panels_.panel_count() - first), words = panels * words_per_panel;
    for (std::size_t r = 0; r < tile; ++r)
      std::fill(scores_ + r * score_stride_ + words, scores_ + r * score_stride_ + whole_chunks(words),
                -std::numeric_limits<T>::infinity());
    matrix_unit_session const session(panels_.wants_unit());
    fetch_in_turns<Entry> ahead(next_is_asked_for_ ? std::span<Entry const>() : next, (n + tile - 1) / tile * panels);
    for (std::size_t i = 0; i < n; i += tile) {
      std::size_t const rows = std::min(tile, n - i);
      for (std::size_t p = 0; p < panels; ++p)
        panels_.store_scores(rows_ + i * panels_.row_length(), first + p, scores_ + p * words_per_panel, score_stride_,
                             rules_, ahead.next());
      collect(i, rows, first * words_per_panel, whole_chunks(words));
    }
  }

  /// Bounds of all rows first, then their words: two short dependency chains
  /// per row that overlap with other rows'.
  void collect(std::size_t row, std::size_t count, std::size_t first_word, std::size_t words) {
    T* const maxima = scores_ + tile * score_stride_;
    T bounds[tile];
    for (std::size_t r = 0; r < count; ++r) {
      T const best = chunk_maxima(scores_ + r * score_stride_, words, maxima + r * maxima_stride_);
      bounds[r] = rules_.lowest(w_.candidates[row + r].raise(best), w_.slacks[row + r]);
    }
    for (std::size_t r = 0; r < count; ++r)
      w_.candidates[row + r].collect(scores_ + r * score_stride_, maxima + r * maxima_stride_, words, first_word,
                                     bounds[r]);
  }

  Panels const& panels_;
  Rules const& rules_;
  scan_workspace<T>& w_;
  scan_plan plan_;
  row_entry* room_ = nullptr;
  row_entry const* rows_ = nullptr;
  T* scores_ = nullptr;
  std::size_t score_stride_ = 0, maxima_stride_ = 0;
  bool next_is_asked_for_ = false;
};

/// All scores of `count` rows: word j of row i is at w.scores[i * s], s the
/// return value, a multiple of the words of a panel; behind the last word
/// stands -infinity. w.slacks[i] is what `rules.prepare` wrote for row i.
template <Scalar T, class Rules>
std::size_t score_rows(word_panels<T> const& panels, Rules const& rules, T const* x, std::size_t stride,
                       std::size_t count, scan_workspace<T>& w) {
  constexpr std::size_t tile = detail::tile_rows, words_per_panel = word_panels<T>::words_per_panel;
  std::size_t const dim = panels.dim(), padded = detail::whole_tiles(count), all = panels.panel_count();
  T* const rows = w.rows.reserve(padded * dim);
  T* const scores = w.scores.reserve(padded * all * words_per_panel);
  w.slacks.resize(std::max(w.slacks.size(), count));
  rules.prepare(x, stride, count, rows, w.slacks.data());
  std::fill(rows + count * dim, rows + padded * dim, T(0));
  std::size_t const group = scan_plan::of(panels).group;
  for (std::size_t g = 0; g < all; g += group)
    for (std::size_t i = 0; i < padded; i += tile)
      for (std::size_t p = g; p < std::min(g + group, all); ++p)
        panels.store_scores(rows + i * dim, p, scores + (i * all + p) * words_per_panel, all * words_per_panel, rules);
  return all * words_per_panel;
}

}  // namespace sidera::inline SIDERA_ABI::simd
