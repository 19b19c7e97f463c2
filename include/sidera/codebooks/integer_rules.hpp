// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rules of the integer pass of a search.
#include <limits>
#include <sidera/codebooks/integer_row_store.hpp>
#include <sidera/codebooks/score_rules.hpp>
#include <sidera/simd/candidates.hpp>
#include <sidera/simd/finer_words.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/scan_plan.hpp>
#include <sidera/simd/word_rows.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Scores of linear metrics that are searched by integers first: single precision, where there are integer registers.
template <Scalar T, Metric M>
inline constexpr bool has_integer_pass =
    std::is_same_v<T, float>&& LinearMetric<M>&& simd::detail::has_integer_tile<simd::first_pass_entry>;

/// Memory of one worker: the rows of a block less the centre of the words, what is known of them, and their slacks in
/// single precision.
struct centred_block {
  simd::aligned_buffer<float> rows;
  std::vector<double> lengths, errors;
  std::vector<float> slacks;
  std::vector<simd::row_and_word> pairs;
  std::vector<float> scores;  ///< of the pairs
};

/// The rules of simd::word_scan for integers: those of `rules`, whose slack grows by what the integers cost.
template <LinearMetric M>
class integer_rules {
 public:
  /// `memory` serves the rows of one block; it and the arguments must outlive the rules.
  integer_rules(score_rules<float, M> const& rules, simd::first_pass_panels const& panels, centred_block& memory)
      : rules_(rules), panels_(panels), block_(memory) {
    std::size_t const rows = simd::scan_plan::of(panels).rows;
    block_.rows.reserve(rows * panels.dim());
    block_.lengths.resize(rows);
    block_.errors.resize(rows);
    block_.slacks.resize(rows);
  }

  void prepare(float const* x, std::size_t stride, std::size_t count, simd::first_pass_entry* out,
               float* slacks) const noexcept {
    panels_.load_rows(x, stride, count, rules_.panels().centre().data(),
                      {block_.rows.data(), out, block_.lengths.data(), block_.errors.data()});
    set_slacks(block_.lengths.data(), block_.errors.data(), count, slacks);
  }
  /// Takes note of the slacks of the rows of the block in single precision, and gives those of integers.
  void set_slacks(double const* lengths, double const* errors, std::size_t count, float* slacks) const noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      block_.slacks[i] = rules_.slack(lengths[i], 0);
      slacks[i] = rules_.slack(lengths[i], panels_.difference_error(lengths[i], errors[i]) / 2);
    }
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE float lowest(float best, float slack) const noexcept {
    return rules_.lowest(best, slack);
  }

  /// Keeps the words that scores in single precision do not exclude, in the lists of the rows of the block that have
  /// several and at most `most` words. `centred(i, asked)` says where, among the rows of the block's memory, row i less
  /// the centre is; it is asked for rows in their order, and `asked` counts them.
  template <class Centred>
  void drop_worse(simd::word_rows<float> const& words, std::size_t most, std::span<simd::candidate_list<float>> lists,
                  Centred const& centred) const {
    drop(
        most, lists, centred,
        [&](auto const& pairs, float* scores) { words.scores(block_.rows.data(), pairs, scores); },
        [&](std::size_t i) { return block_.slacks[i]; });
  }

  /// The same by what the integers have left, without any numbers; row 0 of the block is row `first` of the store.
  /// Nothing happens where the integers are of 16 bits. (The store's type is open because compilers look at what an
  /// `if constexpr` leaves out unless it depends on a parameter of the function.)
  template <class Store>
  void drop_worse(simd::finer_words const& words, Store const& store, std::size_t first, std::size_t most,
                  std::span<simd::candidate_list<float>> lists) const {
    if constexpr (sizeof(typename Store::entry) == 1) {
      simd::finer_rows const rows{store.rows(first, first).data(), store.remainders(first, first).data()};
      drop(
          most, lists, [](std::size_t i, std::size_t) { return i; },
          [&](auto const& pairs, float* scores) { words.correct(rows, pairs, scores); },
          [&](std::size_t i) {
            std::size_t const r = first + i;
            double const length = store.length(r);
            return rules_.slack(length, words.score_error(length, store.error(r), store.finer_error(r)));
          });
    }
  }

 private:
  /// `row(i, asked)` is what pairs call row i; `score(pairs, scores)` makes better scores of those of the pairs, and
  /// slack(i) is their slack.
  template <class Row, class Score, class Slack>
  void drop(std::size_t most, std::span<simd::candidate_list<float>> lists, Row const& row, Score const& score,
            Slack const& slack) const {
    auto const asks = [most](simd::candidate_list<float> const& list) {
      return list.complete() && list.words().size() > 1 && list.words().size() <= most;
    };
    std::size_t asked = 0;
    block_.pairs.clear();
    block_.scores.clear();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (!asks(lists[i])) continue;
      auto const number = static_cast<std::uint32_t>(row(i, asked++));
      for (auto const& w : lists[i].words()) {
        block_.pairs.push_back({number, w.word});
        block_.scores.push_back(w.score);
      }
    }
    score(block_.pairs, block_.scores.data());
    float const* scores = block_.scores.data();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (!asks(lists[i])) continue;
      std::size_t const count = lists[i].words().size();
      lists[i].rescore(scores, [&](float best) { return rules_.lowest(best, slack(i)); });
      scores += count;
    }
  }

  score_rules<float, M> const& rules_;
  simd::first_pass_panels const& panels_;
  centred_block& block_;
};

}  // namespace sidera::inline SIDERA_ABI
