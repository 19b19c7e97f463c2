// SPDX-License-Identifier: MIT
#pragma once
/// \file  The nearest words of the same rows again and again, while the words move.
#include <array>
#include <bit>
#include <sidera/codebooks/group_bounds.hpp>
#include <sidera/codebooks/grouped_words.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/simd/fetch.hpp>

namespace sidera::inline SIDERA_ABI {

/// What Lloyd's passes do to one set of rows: \ref word_search::nearest for words that have moved a little since the
/// last call. Words come in groups of near ones, and of every row and group a bound is kept of how near a word of the
/// group can be. Words that have moved by m are nearer by at most m (triangle inequality), so a group that stays
/// farther away than the row's own word is not looked at (Ding et al., "Yinyang k-means", ICML 2015; here the bounds
/// come from the integer pass).
///
/// Codes are those of word_search, brute force in double with ties to the lowest index, whatever was called before: a
/// group is left out by a bound that holds for real numbers and all roundings, and what is left is decided as there.
/// Memory: the integers of all rows, a number for each row and group, and a few for each row.
class bounded_search {
 public:
  /// Whether it can serve, and pay, for so many words of `dim` numbers.
  [[nodiscard]] static bool fits(std::size_t words, std::size_t dim) noexcept {
    return words > grouped_words::group_size && words <= group_bounds::most_groups * grouped_words::group_size &&
           simd::first_pass_panels::pays(dim);
  }

  /// `x` must outlive the search and stay as it is.
  explicit bounded_search(matrix_cref<float> const& x)
      : x_(x), rounding_(simd::rounding_factor<float>(column_count(x) + 3)), least_((1 - 1e-6) / rounding_) {}

  /// out[i] = the nearest word of row i; as many words of as many numbers in every call.
  void nearest(matrix<float> const& words, std::span<code_t> out, executor_ref executor = {}) {
    require_rows(x_, out.size(), "bounded_search::nearest", "x");
    if (codes_.empty())
      plainly(words, executor);
    else
      after_move(words, executor);
    last_words_ = words;
    std::copy(codes_.begin(), codes_.end(), out.begin());
  }

 private:
  using entry = simd::first_pass_entry;
  static constexpr std::size_t block_rows = 80 * simd::detail::tile_rows, most_candidates = 32;

  /// A row of a block some of whose groups have to be looked at.
  struct open_row {
    std::size_t row;           ///< in x
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

  /// Memory of one worker.
  struct workspace {
    simd::aligned_buffer<float> scores;
    simd::aligned_buffer<float> best;    ///< scores of integers, by open row and group; infinite where not looked at
    simd::aligned_buffer<float> second;  ///< the same; where the best one is a candidate's
    std::vector<open_row> open;
    std::vector<std::uint32_t> own[group_bounds::most_groups];     ///< numbers of open rows whose word is in a group
    std::vector<std::uint32_t> others[group_bounds::most_groups];  ///< and of the others that look at the group
    std::vector<simd::scored_word<float>> candidates;              ///< by open row; their places
    std::vector<std::size_t> undecided;                            ///< rows of x
    std::size_t changed = 0;
  };

  void plainly(matrix<float> const& words, executor_ref executor) {
    codes_.resize(row_count(x_));
    word_search<float, squared_euclidean>(words, {}).nearest(x_, codes_, executor);
    changed_ = codes_.size();
  }

  void after_move(matrix<float> const& words, executor_ref executor) {
    bool const other_groups = changed_ > codes_.size() / 4;
    if (other_groups) order_ = near_order(words, grouped_words::group_size);
    bool const first = lengths_.empty();
    if (first) centre_ = mean_of(words);
    grouped_words const now(words, order_, centre_);
    if (!now.usable()) return start_again(words, executor);
    if (first) load_rows(now, executor);
    if (other_groups) bounds_.reset(codes_.size(), now.group_count());
    std::vector<float> const moved = moves(now, words);

    block_partition const blocks{codes_.size(), block_rows};
    std::vector<workspace> workspaces(executor.concurrency());
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      pass_of_block(now, moved, blocks.begin(b), blocks.length(b), workspaces[worker]);
    });
    changed_ = 0;
    for (workspace const& w : workspaces) {
      changed_ += w.changed;
      decide_plainly(words, w.undecided);
    }
  }

  /// Integers cannot hold these words.
  void start_again(matrix<float> const& words, executor_ref executor) {
    lengths_.clear();
    plainly(words, executor);
  }

  [[nodiscard]] static std::vector<float> mean_of(matrix<float> const& words) {
    std::vector<float> mean(column_count(words));
    for (std::size_t d = 0; d < mean.size(); ++d)
      mean[d] = static_cast<float>(words.col(static_cast<index_t>(d)).cast<double>().mean());
    return mean;
  }

  /// The rows less the centre, as integers, for all passes.
  void load_rows(grouped_words const& words, executor_ref executor) {
    std::size_t const n = codes_.size(), dim = column_count(x_), length = words.integers().row_length();
    entry* const integers = integers_.reserve(n * length);
    lengths_.resize(n);
    errors_.resize(n);
    block_partition const blocks{n, block_rows};
    std::vector<std::vector<float>> centred(executor.concurrency(), std::vector<float>(dim));
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      float* const row = centred[worker].data();
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        lengths_[i] =
            detail::rounded_up<float>(words.rules().centre(row_span(x_, static_cast<index_t>(i)).data(), row));
        errors_[i] = detail::rounded_up<float>(words.integers().load_row(row, integers + i * length));
      }
    });
  }

  /// How far each word may have moved; the largest of each group goes to the bounds.
  [[nodiscard]] std::vector<float> moves(grouped_words const& now, matrix<float> const& words) {
    std::vector<float> moved(row_count(words));
    std::vector<float>& of_group = bounds_.moved();
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

  void pass_of_block(grouped_words const& words, std::span<float const> moved, std::size_t first, std::size_t count,
                     workspace& w) {
    open_rows(words, moved, first, count, w);
    if (w.open.empty()) return;
    std::size_t const numbers = w.open.size() * bounds_.stride();
    std::fill_n(w.best.reserve(numbers), numbers, std::numeric_limits<float>::infinity());
    w.second.reserve(numbers);
    w.candidates.resize(w.open.size() * most_candidates);
    for (std::size_t g = 0; g < words.group_count(); ++g) {
      // What has a candidate almost always, then what hardly ever has one: branches that can be foreseen.
      w.own[g].insert(w.own[g].end(), w.others[g].begin(), w.others[g].end());
      look_at_group(words, g, w.own[g], w);
    }
    for (std::size_t k = 0; k < w.open.size(); ++k) close_row(words, k, w);
  }

  /// Finds the rows of the block whose word may change, and the groups that it may change to.
  void open_rows(grouped_words const& words, std::span<float const> moved, std::size_t first, std::size_t count,
                 workspace& w) {
    std::size_t const length = words.integers().row_length();
    w.open.clear();
    for (auto& members : w.own) members.clear();
    for (auto& members : w.others) members.clear();
    for (std::size_t i = first; i < first + count; ++i) {
      simd::fetch(row_span(x_, static_cast<index_t>(std::min(i + 4, codes_.size() - 1))));
      simd::fetch(std::span<entry const>(integers_.data() + i * length, length));
      code_t const own = codes_[i];
      if (bounds_.after_move(i, moved[static_cast<std::size_t>(own)]) == 0) continue;
      std::size_t const place = words.place_of(own);
      auto const seen = words.look_at_own(row_data(i), place);
      std::uint64_t const groups = bounds_.own_word(i, largest_distance(seen.square));
      if (groups != 0)
        open(words, w.open.emplace_back(open_row{i, place, groups, least_square(seen.square), seen.score}), w);
    }
  }

  /// From what simd::look_at_own_word adds up: differences are rounded once, then see simd::centre_row.
  [[nodiscard]] double largest_distance(double sum) const noexcept {
    return std::sqrt(sum * rounding_ + static_cast<double>(column_count(x_)) * 0x1p-126) * (1 + 1e-6);
  }
  [[nodiscard]] double least_square(double sum) const noexcept { return sum * least_; }

  void open(grouped_words const& words, open_row& row, workspace& w) {
    auto const length = static_cast<double>(lengths_[row.row]);
    row.integer_error = words.integer_error(length, static_cast<double>(errors_[row.row]));
    row.number_error = words.number_error(length);
    row.slack = words.rules().slack(length, row.number_error);
    if (!(row.slack <= std::numeric_limits<float>::max() && row.square < 1e36)) {  // or bounds would overflow
      leave_undecided(row.row, w);
      return w.open.pop_back();
    }
    row.bound = words.rules().lowest(row.score, row.slack + detail::rounded_up<float>(row.integer_error));
    std::size_t const own_group = row.own / grouped_words::group_size;
    for (std::uint64_t left = row.groups; left != 0; left &= left - 1) {
      auto const g = static_cast<std::size_t>(std::countr_zero(left));
      (g == own_group ? w.own : w.others)[g].push_back(static_cast<std::uint32_t>(w.open.size() - 1));
    }
  }

  void leave_undecided(std::size_t i, workspace& w) {
    bounds_.forget(i);
    w.undecided.push_back(i);
  }

  /// The scores of group g for some open rows, a tile at a time.
  void look_at_group(grouped_words const& words, std::size_t g, std::span<std::uint32_t const> members,
                     workspace& w) const {
    constexpr std::size_t tile = simd::detail::tile_rows, stride = grouped_words::group_size;
    std::size_t const length = words.integers().row_length();
    float* const scores = w.scores.reserve(tile * stride);
    entry const* rows[tile];
    for (std::size_t first = 0; first < members.size(); first += tile) {
      std::size_t const n = std::min(tile, members.size() - first);
      for (std::size_t r = 0; r < tile; ++r)  // the rest of the last tile repeats a row
        rows[r] = integers_.data() + w.open[members[first + std::min(r, n - 1)]].row * length;
      words.integers().store_scores(rows, g, scores, stride);
      for (std::size_t r = 0; r < n; ++r) take_scores(words, g, members[first + r], scores + r * stride, w);
    }
  }

  /// Of open row k and group g: the best score, and the candidates.
  void take_scores(grouped_words const& words, std::size_t g, std::size_t k, float const* scores, workspace& w) const {
    constexpr std::size_t vectors = simd::detail::tile_vectors, width = simd::width<float>;
    using batch = simd::batch<float>;
    open_row& row = w.open[k];
    batch all = batch::load_aligned(scores);
    for (std::size_t v = 1; v < vectors; ++v) all = xsimd::max(all, batch::load_aligned(scores + v * width));
    float const best = simd::largest_lane<float>(all);
    w.best.data()[k * bounds_.stride() + g] = best;
    if (!(best >= row.bound)) return;
    float const slack = row.slack + 2 * detail::rounded_up<float>(row.integer_error);
    row.bound = std::max(row.bound, words.rules().lowest(best, slack));
    batch others(-std::numeric_limits<float>::infinity());
    int leaders = 0;
    for (std::size_t v = 0; v < vectors; ++v) {
      batch const some = batch::load_aligned(scores + v * width);
      leaders += std::popcount(simd::lanes_at_least<float>(some, batch(best)));
      others = xsimd::max(others, xsimd::select(some >= batch(best), others, some));
      for (std::uint32_t hits = simd::lanes_at_least<float>(some, batch(row.bound)); hits != 0; hits &= hits - 1) {
        std::size_t const s = v * width + static_cast<std::size_t>(std::countr_zero(hits));
        add_candidate(row, k, {scores[s], static_cast<std::uint32_t>(g * grouped_words::group_size + s)}, w);
      }
    }
    w.second.data()[k * bounds_.stride() + g] = leaders > 1 ? best : simd::largest_lane<float>(others);
  }

  static void add_candidate(open_row& row, std::size_t k, simd::scored_word<float> candidate, workspace& w) noexcept {
    if (row.count == most_candidates) drop_below_bound(row, k, w);
    if (row.count < most_candidates)
      w.candidates[k * most_candidates + row.count++] = candidate;
    else
      row.count = most_candidates + 1;
  }

  static void drop_below_bound(open_row& row, std::size_t k, workspace& w) noexcept {
    if (row.count > most_candidates) return;
    simd::scored_word<float>* const list = w.candidates.data() + k * most_candidates;
    std::size_t kept = 0;
    for (std::size_t c = 0; c < row.count; ++c)
      if (list[c].score >= row.bound) list[kept++] = list[c];
    row.count = kept;
  }

  /// Decides open row k and takes note of what its scores say for the next pass.
  void close_row(grouped_words const& words, std::size_t k, workspace& w) {
    open_row& row = w.open[k];
    drop_below_bound(row, k, w);
    if (row.count > most_candidates) return leave_undecided(row.row, w);
    std::span<simd::scored_word<float> const> const candidates(w.candidates.data() + k * most_candidates, row.count);
    bool const own_is_looked_at = (row.groups >> row.own / grouped_words::group_size & 1) != 0;
    auto const chosen = choose(words, row, candidates, own_is_looked_at);
    remember(row, k, chosen, w);
    code_t const code = words.number_of(chosen.word);
    w.changed += code != codes_[row.row] ? 1u : 0u;
    codes_[row.row] = code;
  }

  /// The place of the nearest word, and its score of integers where there is one.
  [[nodiscard]] simd::scored_word<float> choose(grouped_words const& words, open_row const& row,
                                                std::span<simd::scored_word<float> const> candidates,
                                                bool own_is_candidate) const {
    simd::scored_word<float> const own{-std::numeric_limits<float>::infinity(), static_cast<std::uint32_t>(row.own)};
    if (candidates.empty()) return own;
    if (candidates.size() == 1 && own_is_candidate) return candidates[0];
    std::array<std::pair<float, simd::scored_word<float>>, most_candidates + 1> all;  // with better scores
    auto end = all.begin();
    float best = row.score;
    auto const add = [&](simd::scored_word<float> c) {
      float const score = c.word == own.word ? row.score : words.score(row_data(row.row), c.word);
      best = std::max(best, score);
      *end++ = {score, c};
    };
    std::for_each(candidates.begin(), candidates.end(), add);
    if (!own_is_candidate) add(own);
    float const bound = words.rules().lowest(best, row.slack);
    end = std::remove_if(all.begin(), end, [&](auto const& c) { return !(c.first >= bound); });
    if (end - all.begin() == 1) return all[0].second;
    auto const nearer = [&](auto const& a, auto const& b) {
      return ranked(words, row.row, a.second.word) < ranked(words, row.row, b.second.word);
    };
    return std::min_element(all.begin(), end, nearer)->second;
  }

  [[nodiscard]] float const* row_data(std::size_t i) const noexcept {
    return row_span(x_, static_cast<index_t>(i)).data();
  }

  [[nodiscard]] detail::ranked_word ranked(grouped_words const& words, std::size_t i, std::size_t place) const {
    code_t const number = words.number_of(place);
    return {squared_euclidean{}.exact(row_span(x_, static_cast<index_t>(i)), words.word(number)), number};
  }

  /// |x - w|^2 = |x - own|^2 + 2 (score of own - score of w), and w's score of integers is at most the best one of its
  /// group, or the second best where the best one is the chosen word's.
  void remember(open_row const& row, std::size_t k, simd::scored_word<float> chosen, workspace& w) {
    float* const best = w.best.data() + k * bounds_.stride();
    std::size_t const g = chosen.word / grouped_words::group_size;
    if (chosen.score == best[g]) best[g] = w.second.data()[k * bounds_.stride() + g];
    bounds_.raise(row.row, row.square + 2 * (static_cast<double>(row.score) - row.number_error - row.integer_error),
                  best);
    if (chosen.word != row.own) bounds_.change_own_word(row.row, row.own / grouped_words::group_size, row.square);
  }

  /// Rows that had too many candidates or no usable scores.
  void decide_plainly(matrix<float> const& words, std::vector<std::size_t> const& rows) {
    if (rows.empty()) return;
    matrix<float> some(static_cast<index_t>(rows.size()), x_.cols());
    for (std::size_t r = 0; r < rows.size(); ++r)
      some.row(static_cast<index_t>(r)) = x_.row(static_cast<index_t>(rows[r]));
    std::vector<code_t> codes(rows.size());
    word_search<float, squared_euclidean>(words, {}).nearest(some, codes);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      changed_ += codes[r] != codes_[rows[r]] ? 1u : 0u;
      codes_[rows[r]] = codes[r];
    }
  }

  matrix_cref<float> x_;
  double rounding_, least_;  ///< factors between which sums over a row lie
  std::vector<code_t> codes_;
  matrix<float> last_words_;
  std::vector<std::uint32_t> order_;
  std::vector<float> centre_, lengths_, errors_;
  simd::aligned_buffer<entry> integers_;
  group_bounds bounds_;
  std::size_t changed_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
