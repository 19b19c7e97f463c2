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

/// Memory of one worker: the rows of a block less the centre of the words, and their slacks in single precision.
struct centred_block {
  simd::aligned_buffer<float> rows;
  std::vector<float> slacks;
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
    block_.slacks.resize(rows);
  }

  [[nodiscard]] float prepare(float const* x, simd::first_pass_entry* out, std::size_t slot) const noexcept {
    float* const centred = row(slot);
    double const length = rules_.centre(x, centred);
    float const slack = block_.slacks[slot] = rules_.slack(length, 0);
    if (!(slack <= std::numeric_limits<float>::max())) {
      std::fill_n(out, panels_.row_length(), simd::first_pass_entry{0});
      return std::numeric_limits<float>::infinity();
    }
    return rules_.slack(length, panels_.score_error(length, panels_.load_row(centred, out)));
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE float lowest(float best, float slack) const noexcept {
    return rules_.lowest(best, slack);
  }

  /// Keeps the words of `list`, of row `slot` of the block, that scores in single precision do not exclude.
  void drop_worse(std::size_t slot, simd::word_rows<float> const& words,
                  simd::candidate_list<float>& list) const noexcept {
    float const* const centred = row(slot);
    list.rescore([&](std::size_t j) { return words.score(centred, j); },
                 [&](float best) { return rules_.lowest(best, block_.slacks[slot]); });
  }

 private:
  [[nodiscard]] float* row(std::size_t slot) const noexcept { return block_.rows.data() + slot * panels_.dim(); }

  score_rules<float, M> const& rules_;
  simd::first_pass_panels const& panels_;
  centred_block& block_;
};

}  // namespace sidera::inline SIDERA_ABI
