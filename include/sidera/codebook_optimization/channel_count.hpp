// SPDX-License-Identifier: MIT
#pragma once
/// \file  How many channels to keep, chosen on held-out rows of the source modality: no labels, no target, no test
/// data.
#include <sidera/codebook_optimization/requantise.hpp>

namespace sidera::inline SIDERA_ABI {

/// A figure and its standard error.
struct estimate {
  double value = 0;
  double error = 0;
};

/// The one-standard-error rule (Breiman, Friedman, Olshen and Stone 1984, section 3.4.3): the first of `candidates`
/// that comes within one standard error of the best. Candidates are ordered from the simplest on.
[[nodiscard]] inline std::size_t first_within_one_standard_error(std::span<estimate const> candidates) {
  if (candidates.empty()) throw value_error("first_within_one_standard_error", "there are no candidates");
  auto const best = std::max_element(candidates.begin(), candidates.end(),
                                     [](estimate const& a, estimate const& b) { return a.value < b.value; });
  auto const first = std::find_if(candidates.begin(), candidates.end(),
                                  [&](estimate const& c) { return c.value >= best->value - best->error; });
  return static_cast<std::size_t>(first - candidates.begin());
}

/// Split-half reliability of codes in the kept channels (Spearman 1910, Brown 1910, of tests made of items): the first,
/// third, ... kept channel give a row one code, the second, fourth, ... another one; returned is how often the two are
/// equal, corrected for chance (Cohen's kappa 1960), over the rows of `x`.
///
/// Channels that tell what the words are about agree with one another, channels of noise agree with nothing; too few
/// channels are unreliable as well. What it cannot see: a nuisance that all channels of the source share looks like
/// meaning. Throws value_error for fewer than two channels.
template <Scalar T, Metric M = squared_euclidean>
[[nodiscard]] estimate split_half_reliability(matrix<T> const& x, matrix<T> const& words, channel_list const& channels,
                                              M const& metric = {}, executor_ref executor = {}) {
  require_not_empty(x, "split_half_reliability", "x");
  if (channels.size() < 2) throw value_error("split_half_reliability", "expected at least two channels");
  channel_list half[2];
  for (std::size_t k = 0; k < channels.size(); ++k) half[k % 2].push_back(channels[k]);
  auto const a = requantise(x, words, half[0], metric, executor), b = requantise(x, words, half[1], metric, executor);
  std::vector<double> used_a(row_count(words), 0), used_b(used_a);
  double const n = static_cast<double>(a.size());
  double equal = 0, chance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    equal += a[i] == b[i];
    used_a[static_cast<std::size_t>(a[i])] += 1;
    used_b[static_cast<std::size_t>(b[i])] += 1;
  }
  equal /= n;
  for (std::size_t j = 0; j < used_a.size(); ++j) chance += used_a[j] / n * used_b[j] / n;
  if (!(chance < 1)) return {};  // one word for all rows: nothing is told apart
  return {(equal - chance) / (1 - chance), std::sqrt(equal * (1 - equal) / n) / (1 - chance)};
}

/// What \ref choose_channel_count saw.
struct channel_count_choice {
  std::size_t count = 0;
  std::vector<std::size_t> candidates = {};
  std::vector<estimate> reliability = {};  ///< one per candidate
};

/// The smallest K whose best K channels are as reliable, by \ref split_half_reliability on the held-out source rows
/// `x`, as those of the most reliable K to within one standard error.
///
/// `candidates` are ascending; empty: D/16, 2D/16, ..., D (from 2 on).
template <Scalar T, Metric M = squared_euclidean>
[[nodiscard]] channel_count_choice choose_channel_count(matrix<T> const& x, matrix<T> const& words,
                                                        std::span<double const> scores,
                                                        std::vector<std::size_t> candidates = {}, M const& metric = {},
                                                        executor_ref executor = {}) {
  if (scores.size() != column_count(words))
    throw shape_error("choose_channel_count",
                      std::to_string(scores.size()) + " scores are given for words that are " + shape_text(words));
  if (candidates.empty())
    for (std::size_t i = 1; i <= 16; ++i)
      if (std::size_t const k = i * scores.size() / 16; k >= 2 && (candidates.empty() || k > candidates.back()))
        candidates.push_back(k);
  channel_count_choice choice{0, std::move(candidates), {}};
  for (std::size_t const k : choice.candidates)
    choice.reliability.push_back(split_half_reliability(x, words, select_channels(scores, k), metric, executor));
  choice.count = choice.candidates.at(first_within_one_standard_error(choice.reliability));
  return choice;
}

}  // namespace sidera::inline SIDERA_ABI
