// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rules of the integer pass of a search.
#include <limits>
#include <sidera/codebooks/score_rules.hpp>
#include <sidera/simd/candidates.hpp>
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
  simd::aligned_buffer<float> scores;  ///< of the pairs
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
    for (std::size_t i = 0; i < count; ++i) {
      double const length = block_.lengths[i];
      block_.slacks[i] = rules_.slack(length, 0);
      slacks[i] = rules_.slack(length, panels_.difference_error(length, block_.errors[i]) / 2);
    }
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE float lowest(float best, float slack) const noexcept {
    return rules_.lowest(best, slack);
  }

  /// Keeps the words that scores in single precision do not exclude, in the lists of the rows of the block that have
  /// several and at most `most` words.
  void drop_worse(simd::word_rows<float> const& words, std::size_t most,
                  std::span<simd::candidate_list<float>> lists) const {
    auto const asks = [most](simd::candidate_list<float> const& list) {
      return list.complete() && list.words().size() > 1 && list.words().size() <= most;
    };
    block_.pairs.clear();
    for (std::size_t i = 0; i < lists.size(); ++i)
      if (asks(lists[i]))
        for (auto const& w : lists[i].words()) block_.pairs.push_back({static_cast<std::uint32_t>(i), w.word});
    float const* scores = block_.scores.reserve(block_.pairs.size());
    words.scores(block_.rows.data(), block_.pairs, block_.scores.data());
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (!asks(lists[i])) continue;
      std::size_t const count = lists[i].words().size();
      lists[i].rescore(scores, [&](float best) { return rules_.lowest(best, block_.slacks[i]); });
      scores += count;
    }
  }

 private:
  score_rules<float, M> const& rules_;
  simd::first_pass_panels const& panels_;
  centred_block& block_;
};

}  // namespace sidera::inline SIDERA_ABI
