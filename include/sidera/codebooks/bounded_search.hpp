// SPDX-License-Identifier: MIT
#pragma once
/// \file  The nearest words of the same rows again and again, while the words move.
#include <sidera/codebooks/bounded_block.hpp>
#include <sidera/codebooks/mean_row.hpp>
#include <sidera/codebooks/word_search.hpp>

namespace sidera::inline SIDERA_ABI {

/// What Lloyd's passes do to one set of rows: \ref word_search::nearest for words that have moved a little since the
/// last call. Words come in groups of near ones, and of every row and group a bound is kept of how near a word of the
/// group can be. Words that have moved by m are nearer by at most m (triangle inequality), so a group that stays
/// farther away than the row's own word is not looked at (Ding et al., "Yinyang k-means", ICML 2015; here the bounds
/// come from the integer pass). While many rows still change their word, bounds exclude little: rows are then searched
/// as if nothing were known.
///
/// Codes are those of word_search, brute force in double with ties to the lowest index, whatever was called before: a
/// group is left out by a bound that holds for real numbers and all roundings, and what is left is decided as there.
/// Memory: the integers of all rows, a number for each row and group, and a few for each row.
class bounded_search {
 public:
  /// Whether it can serve, and pay, for so many words of `dim` numbers.
  [[nodiscard]] static bool fits(std::size_t words, std::size_t dim) noexcept {
    // Scores of few words take the matrix unit less time than bounds take.
    std::size_t const few = simd::matrix_unit_session::available() ? 512 : grouped_words::group_size;
    return words > few && words <= group_bounds::most_groups * grouped_words::group_size &&
           simd::first_pass_panels::pays(dim);
  }

  /// `x` must outlive the search and stay as it is. Without `bounds`, rows are searched as if nothing were known, but
  /// for their integers.
  explicit bounded_search(matrix_cref<float> const& x, bool bounds = true)
      : rows_{x, {}, {}, std::vector<code_t>(row_count(x), no_code)}, bounds_pay_(bounds), changed_(row_count(x)) {}

  /// out[i] = the nearest word of row i; as many words of as many numbers in every call.
  void nearest(matrix<float> const& words, std::span<code_t> out, executor_ref executor = {}) {
    require_rows(rows_.x, out.size(), "bounded_search::nearest", "x");
    if (bounded_ || (bounds_pay_ && !many_changed()))
      after_move(words, executor);
    else
      plainly(words, executor);
    last_words_ = words;
    std::copy(rows_.codes.begin(), rows_.codes.end(), out.begin());
  }

 private:
  /// Whether the last pass has changed so many codes that bounds from it, or groups that are older, are of little use.
  [[nodiscard]] bool many_changed() const noexcept { return 4 * changed_ >= rows_.codes.size(); }

  void plainly(matrix<float> const& words, executor_ref executor) {
    std::vector<code_t> const before = rows_.codes;
    search_all(words, executor);
    changed_ = 0;
    for (std::size_t i = 0; i < before.size(); ++i) changed_ += before[i] != rows_.codes[i] ? 1u : 0u;
  }

  void search_all(matrix<float> const& words, executor_ref executor) {
    make_integers(words, executor);
    scanned_index<float, squared_euclidean> index(words, {}, rows_.integers.centre());
    if (!index.by_integers())
      return word_search<float, squared_euclidean>(words, {}).nearest(rows_.x, rows_.codes, executor);
    if (row_count(rows_.x) / 200 >= index.size()) index.prepare_for_many_rows();
    if (rows_.integers.has_remainders()) index.prepare_for_remainders();
    block_partition const blocks{rows_.codes.size(), index.block_rows()};
    std::vector<word_search_workspace<float>> workspaces(executor.concurrency());
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      std::size_t const first = blocks.begin(b), count = blocks.length(b);
      index.nearest_of_stored(rows_.integers, first,
                              rows_.x.middleRows(static_cast<index_t>(first), static_cast<index_t>(count)),
                              std::span(rows_.codes).subspan(first, count), workspaces[worker]);
    });
  }

  void make_integers(matrix<float> const& words, executor_ref executor) {
    if (rows_.integers.size() == 0)
      rows_.integers = integer_row_store(rows_.x, detail::mean_row<float>(words), executor,
                                         column_count(words) >= simd::fewest_with_remainders);
  }

  void after_move(matrix<float> const& words, executor_ref executor) {
    std::size_t const rows = rows_.codes.size();
    bool const other_groups = !bounded_ || many_changed();
    make_integers(words, executor);
    if (other_groups) order_ = near_order(words, grouped_words::group_size);
    grouped_words const now(words, order_, rows_.integers.centre());
    if (!now.usable()) return start_again(words, executor);
    bounded_ = true;
    if (other_groups) rows_.bounds.reset(rows, now.group_count());
    std::vector<float> const moved = moves(now, words);

    block_partition const blocks{rows, bounded_block::block_rows};
    std::vector<bounded_block> workers(executor.concurrency(), bounded_block(rows_, now, moved));
    executor.run(blocks.count(),
                 [&](std::size_t b, std::size_t worker) { workers[worker].run(blocks.begin(b), blocks.length(b)); });
    changed_ = 0;
    for (bounded_block const& w : workers) {
      changed_ += w.changed();
      decide_plainly(words, w.undecided());
    }
  }

  /// Integers cannot hold these words.
  void start_again(matrix<float> const& words, executor_ref executor) {
    bounded_ = false;
    plainly(words, executor);
  }

  /// How far each word may have moved; the largest of each group goes to the bounds.
  [[nodiscard]] std::vector<float> moves(grouped_words const& now, matrix<float> const& words) {
    std::vector<float> moved(row_count(words));
    std::vector<float>& of_group = rows_.bounds.moved();
    std::fill(of_group.begin(), of_group.end(), 0.0f);
    for (std::size_t j = 0; j < moved.size(); ++j) {
      auto const number = static_cast<code_t>(j);
      double const square = squared_euclidean{}.exact(now.word(number), row_span(std::as_const(last_words_), number));
      moved[j] = detail::rounded_up<float>(std::sqrt(square) * (1 + 1e-9) + 1e-150);
      float& most = of_group[now.place_of(number) / grouped_words::group_size];
      most = std::max(most, moved[j]);
    }
    return moved;
  }

  /// Rows that had too many candidates or no usable scores.
  void decide_plainly(matrix<float> const& words, std::vector<std::size_t> const& rows) {
    if (rows.empty()) return;
    matrix<float> some(static_cast<index_t>(rows.size()), rows_.x.cols());
    for (std::size_t r = 0; r < rows.size(); ++r)
      some.row(static_cast<index_t>(r)) = rows_.x.row(static_cast<index_t>(rows[r]));
    std::vector<code_t> codes(rows.size());
    word_search<float, squared_euclidean>(words, {}).nearest(some, codes);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      changed_ += codes[r] != rows_.codes[rows[r]] ? 1u : 0u;
      rows_.codes[rows[r]] = codes[r];
    }
  }

  bounded_rows rows_;
  matrix<float> last_words_;
  std::vector<std::uint32_t> order_;
  bool bounds_pay_, bounded_ = false;  ///< whether there are bounds from the last pass
  std::size_t changed_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
