// SPDX-License-Identifier: MIT
#pragma once
/// \file  One worker of \ref bounded_search: a pass over some rows.
#include <array>
#include <bit>
#include <sidera/codebooks/group_bounds.hpp>
#include <sidera/codebooks/grouped_words.hpp>
#include <sidera/codebooks/integer_row_store.hpp>
#include <sidera/codebooks/search_index.hpp>
#include <sidera/simd/fetch.hpp>

namespace sidera::inline SIDERA_ABI {

/// What is remembered of all rows from pass to pass.
struct bounded_rows {
  matrix_cref<float> x;
  integer_row_store integers;
  group_bounds bounds;
  std::vector<code_t> codes;  ///< each row's own word: its nearest one of the last pass
};

/// Looks, for some rows at a time, at the groups of words that bounds do not exclude. Workers share nothing but rows
/// that are different ones.
class bounded_block {
 public:
  static constexpr std::size_t block_rows = 80 * simd::first_pass_panels::tile_rows;

  /// Word j has moved by at most moved[j] since the last pass. All arguments must outlive the block.
  bounded_block(bounded_rows& rows, grouped_words const& words, std::span<float const> moved)
      : rows_(rows),
        words_(words),
        moved_(moved),
        least_square_(column_count(rows.x)),
        piece_rows_(piece_rows(column_count(rows.x))) {}

  /// Gives `count` rows their codes of this pass; at most block_rows of them.
  void run(std::size_t first, std::size_t count) {
    for (std::size_t const end = first + count; first < end; first += piece_rows_)
      run_piece(first, std::min(first + piece_rows_, end), std::min(first + 2 * piece_rows_, end));
  }

  /// Rows whose code has changed.
  [[nodiscard]] std::size_t changed() const noexcept { return changed_; }
  /// Rows that had too many candidates or no usable scores: they have their old codes still.
  [[nodiscard]] std::vector<std::size_t> const& undecided() const noexcept { return undecided_; }

 private:
  static constexpr std::size_t tile = simd::first_pass_panels::tile_rows;
  static constexpr std::size_t most_candidates = 32, group_size = grouped_words::group_size;

  /// Rows that are gone through together, in few enough numbers for those of the next ones to find room in the
  /// second-level cache beside them; whole tiles, and enough for tiles of their groups to be full.
  [[nodiscard]] static std::size_t piece_rows(std::size_t dim) noexcept {
    constexpr std::size_t most_numbers = 64 * 1024;
    return std::clamp(most_numbers / dim / tile * tile, 10 * tile, block_rows);
  }

  /// Rows first, ..., end - 1; meanwhile those before next_end, which come next, are fetched.
  void run_piece(std::size_t first, std::size_t end, std::size_t next_end) {
    open_rows(first, end);
    if (open_.empty()) return;
    std::size_t const numbers = open_.size() * rows_.bounds.stride();
    std::fill_n(best_.reserve(numbers), numbers, std::numeric_limits<float>::infinity());
    second_.reserve(numbers);
    candidates_.resize(open_.size() * most_candidates);
    bool const next_are_read = 2 * open_.size() >= end - first;  // if they are like these
    simd::fetch_in_turns<float> ahead(numbers_of_rows(end, next_are_read ? next_end : end), tile_count());
    simd::matrix_unit_session const session(words_.integers().wants_unit());
    for (std::size_t g = 0; g < words_.group_count(); ++g) {
      // What has a candidate almost always, then what hardly ever has one: branches that can be foreseen.
      own_[g].insert(own_[g].end(), others_[g].begin(), others_[g].end());
      look_at_group(g, own_[g], ahead);
    }
    for (std::size_t k = 0; k < open_.size(); ++k) close_row(k);
  }

  /// A row of a piece some of whose groups have to be looked at.
  struct open_row {
    std::size_t row;           ///< its number
    std::size_t own;           ///< place of its own word
    std::uint64_t groups;      ///< that are looked at
    double square;             ///< of the distance to the own word, or less
    float score;               ///< of the own word, in single precision
    double integer_error = 0;  ///< of scores of integers
    double number_error = 0;   ///< of scores in single precision
    float bound = 0;           ///< the nearest word's score of integers is not below
    float slack = 0;           ///< of scores in single precision
    std::size_t count = 0;     ///< of candidates; most_candidates + 1 when they were too many
  };

  /// Finds the rows whose word may change, and the groups that it may change to.
  void open_rows(std::size_t first, std::size_t end) {
    open_.clear();
    for (auto& members : own_) members.clear();
    for (auto& members : others_) members.clear();
    for (std::size_t i = first; i < end; ++i) {
      simd::fetch<3>(row(std::min(i + 4, end - 1)));  // from the second-level cache, or memory for a first piece
      simd::fetch<3>(rows_.integers.row(i));
      code_t const own = rows_.codes[i];
      if (rows_.bounds.after_move(i, moved_[static_cast<std::size_t>(own)]) == 0) continue;
      std::size_t const place = words_.place_of(own);
      auto const seen = words_.look_at_own(row(i).data(), place);
      std::uint64_t const groups = rows_.bounds.own_word(i, seen.length * (1 + 1e-6));  // differences are rounded
      if (groups != 0) open(open_.emplace_back(open_row{i, place, groups, least_square_(seen.length), seen.score}));
    }
  }

  void open(open_row& r) {
    double const length = rows_.integers.length(r.row);
    r.integer_error = words_.integer_error(length, rows_.integers.error(r.row));
    r.number_error = words_.number_error(length);
    r.slack = words_.rules().slack(length, r.number_error);
    if (!(r.slack <= std::numeric_limits<float>::max() && r.square < 1e36)) {  // or bounds would overflow
      leave_undecided(r.row);
      return open_.pop_back();
    }
    r.bound = words_.rules().lowest(r.score, r.slack + detail::rounded_up<float>(r.integer_error));
    std::size_t const own_group = r.own / group_size;
    for (std::uint64_t left = r.groups; left != 0; left &= left - 1) {
      auto const g = static_cast<std::size_t>(std::countr_zero(left));
      (g == own_group ? own_ : others_)[g].push_back(static_cast<std::uint32_t>(open_.size() - 1));
    }
  }

  void leave_undecided(std::size_t i) {
    rows_.bounds.forget(i);
    undecided_.push_back(i);
  }

  /// Tiles of rows that \ref look_at_group takes for all groups.
  [[nodiscard]] std::size_t tile_count() const noexcept {
    std::size_t sum = 0;
    for (std::size_t g = 0; g < words_.group_count(); ++g)
      sum += (own_[g].size() + others_[g].size() + tile - 1) / tile;
    return sum;
  }

  /// The scores of group g for some open rows, a tile at a time, each of which asks for its part of `ahead`.
  void look_at_group(std::size_t g, std::span<std::uint32_t const> members, simd::fetch_in_turns<float>& ahead) {
    alignas(64) float scores[tile * group_size];
    integer_row_store::entry const* rows[tile];
    for (std::size_t first = 0; first < members.size(); first += tile) {
      std::size_t const n = std::min(tile, members.size() - first);
      for (std::size_t r = 0; r < tile; ++r)  // the rest of the last tile repeats a row
        rows[r] = rows_.integers.row(open_[members[first + std::min(r, n - 1)]].row).data();
      words_.integers().store_scores(rows, g, scores, group_size, ahead.next());
      for (std::size_t r = 0; r < n; ++r) take_scores(g, members[first + r], scores + r * group_size);
    }
  }

  /// Of open row k and group g: the best score, and the candidates.
  void take_scores(std::size_t g, std::size_t k, float const* scores) {
    constexpr std::size_t vectors = simd::detail::tile_vectors, width = simd::width<float>;
    using batch = simd::batch<float>;
    open_row& r = open_[k];
    batch all = batch::load_aligned(scores);
    for (std::size_t v = 1; v < vectors; ++v) all = xsimd::max(all, batch::load_aligned(scores + v * width));
    float const best = simd::largest_lane<float>(all);
    best_.data()[k * rows_.bounds.stride() + g] = best;
    if (!(best >= r.bound)) return;
    float const slack = r.slack + 2 * detail::rounded_up<float>(r.integer_error);
    r.bound = std::max(r.bound, words_.rules().lowest(best, slack));
    batch others(-std::numeric_limits<float>::infinity());
    int leaders = 0;
    for (std::size_t v = 0; v < vectors; ++v) {
      batch const some = batch::load_aligned(scores + v * width);
      leaders += std::popcount(simd::lanes_at_least<float>(some, batch(best)));
      others = xsimd::max(others, xsimd::select(some >= batch(best), others, some));
      for (std::uint32_t hits = simd::lanes_at_least<float>(some, batch(r.bound)); hits != 0; hits &= hits - 1) {
        std::size_t const s = v * width + static_cast<std::size_t>(std::countr_zero(hits));
        add_candidate(k, {scores[s], static_cast<std::uint32_t>(g * group_size + s)});
      }
    }
    second_.data()[k * rows_.bounds.stride() + g] = leaders > 1 ? best : simd::largest_lane<float>(others);
  }

  void add_candidate(std::size_t k, simd::scored_word<float> candidate) noexcept {
    open_row& r = open_[k];
    if (r.count == most_candidates) drop_below_bound(k);
    if (r.count < most_candidates)
      candidates_[k * most_candidates + r.count++] = candidate;
    else
      r.count = most_candidates + 1;
  }

  void drop_below_bound(std::size_t k) noexcept {
    open_row& r = open_[k];
    if (r.count > most_candidates) return;
    simd::scored_word<float>* const list = candidates_.data() + k * most_candidates;
    std::size_t kept = 0;
    for (std::size_t c = 0; c < r.count; ++c)
      if (list[c].score >= r.bound) list[kept++] = list[c];
    r.count = kept;
  }

  /// Decides open row k and takes note of what its scores say for the next pass.
  void close_row(std::size_t k) {
    open_row& r = open_[k];
    drop_below_bound(k);
    if (r.count > most_candidates) return leave_undecided(r.row);
    std::span<simd::scored_word<float> const> const candidates(candidates_.data() + k * most_candidates, r.count);
    bool const own_is_looked_at = (r.groups >> r.own / group_size & 1) != 0;
    auto const chosen = choose(r, candidates, own_is_looked_at);
    remember(r, k, chosen);
    code_t const code = words_.number_of(chosen.word);
    changed_ += code != rows_.codes[r.row] ? 1u : 0u;
    rows_.codes[r.row] = code;
  }

  /// The place of the nearest word, and its score of integers where there is one.
  [[nodiscard]] simd::scored_word<float> choose(open_row const& r, std::span<simd::scored_word<float> const> candidates,
                                                bool own_is_candidate) const {
    simd::scored_word<float> const own{-std::numeric_limits<float>::infinity(), static_cast<std::uint32_t>(r.own)};
    if (candidates.empty()) return own;
    if (candidates.size() == 1 && own_is_candidate) return candidates[0];
    std::array<std::pair<float, simd::scored_word<float>>, most_candidates + 1> all;  // with better scores
    auto end = all.begin();
    float best = r.score;
    auto const add = [&](simd::scored_word<float> c) {
      float const score = c.word == own.word ? r.score : words_.score(row(r.row).data(), c.word);
      best = std::max(best, score);
      *end++ = {score, c};
    };
    std::for_each(candidates.begin(), candidates.end(), add);
    if (!own_is_candidate) add(own);
    float const bound = words_.rules().lowest(best, r.slack);
    end = std::remove_if(all.begin(), end, [&](auto const& c) { return !(c.first >= bound); });
    if (end - all.begin() == 1) return all[0].second;
    auto const nearer = [&](auto const& a, auto const& b) {
      return ranked(r, a.second.word) < ranked(r, b.second.word);
    };
    return std::min_element(all.begin(), end, nearer)->second;
  }

  [[nodiscard]] std::span<float const> row(std::size_t i) const noexcept {
    return row_span(rows_.x, static_cast<index_t>(i));
  }

  /// From the first number of row `first` to the last one before row `end`.
  [[nodiscard]] std::span<float const> numbers_of_rows(std::size_t first, std::size_t end) const noexcept {
    if (first == end) return {};
    return {row(first).data(), row(end - 1).data() + column_count(rows_.x)};
  }

  [[nodiscard]] detail::ranked_word ranked(open_row const& r, std::size_t place) const {
    code_t const number = words_.number_of(place);
    return {squared_euclidean{}.exact(row(r.row), words_.word(number)), number};
  }

  /// |x - w|^2 = |x - own|^2 + 2 (score of own - score of w), and w's score of integers is at most the best one of its
  /// group, or the second best where the best one is the chosen word's.
  void remember(open_row const& r, std::size_t k, simd::scored_word<float> chosen) {
    float* const best = best_.data() + k * rows_.bounds.stride();
    std::size_t const g = chosen.word / group_size;
    if (chosen.score == best[g]) best[g] = second_.data()[k * rows_.bounds.stride() + g];
    rows_.bounds.raise(r.row, r.square + 2 * (static_cast<double>(r.score) - r.number_error - r.integer_error), best);
    if (chosen.word != r.own) rows_.bounds.change_own_word(r.row, r.own / group_size, r.square);
  }

  bounded_rows& rows_;
  grouped_words const& words_;
  std::span<float const> moved_;
  simd::least_square<float> least_square_;
  std::size_t piece_rows_;
  std::vector<open_row> open_;
  std::vector<std::uint32_t> own_[group_bounds::most_groups];     ///< numbers of open rows whose word is in a group
  std::vector<std::uint32_t> others_[group_bounds::most_groups];  ///< and of the others that look at the group
  simd::aligned_buffer<float> best_;    ///< scores of integers, by open row and group; infinite where not looked at
  simd::aligned_buffer<float> second_;  ///< the same; where the best one is a candidate's
  std::vector<simd::scored_word<float>> candidates_;  ///< by open row; their places
  std::vector<std::size_t> undecided_;
  std::size_t changed_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
