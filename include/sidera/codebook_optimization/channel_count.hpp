// SPDX-License-Identifier: MIT
#pragma once
/// \file  How many channels to keep, chosen on held-out rows of the source modality: no labels, no target, no test
/// data.
#include <cmath>
#include <sidera/codebook_optimization/requantise.hpp>
#include <sidera/codebooks/usage.hpp>

namespace sidera::inline SIDERA_ABI {

/// A figure and its standard error.
struct estimate {
  double value = 0;
  double error = 0;
};

/// The mean of several figures of the same rows, for example of all pairs of modalities. Its error is at most the mean
/// of their errors, however they depend on one another, and that is what it is given.
[[nodiscard]] inline estimate mean_estimate(std::span<estimate const> figures) {
  if (figures.empty()) throw value_error("mean_estimate", "there are no figures");
  estimate mean;
  for (estimate const& f : figures) mean.value += f.value, mean.error += f.error;
  auto const n = static_cast<double>(figures.size());
  return {mean.value / n, mean.error / n};
}

/// The one-standard-error rule (Breiman, Friedman, Olshen and Stone 1984, section 3.4.3): the first of `candidates`
/// that comes within one standard error of the best. Candidates are ordered from the simplest on. Throws value_error
/// for none, and with the number of one whose figure or error is not finite.
[[nodiscard]] inline std::size_t first_within_one_standard_error(std::span<estimate const> candidates) {
  constexpr std::string_view where = "first_within_one_standard_error";
  if (candidates.empty()) throw value_error(where, "there are no candidates");
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (!std::isfinite(candidates[i].value) || !(candidates[i].error >= 0 && std::isfinite(candidates[i].error)))
      throw value_error(where,
                        "candidate " + std::to_string(i) + " is " + std::to_string(candidates[i].value) +
                            " with error " + std::to_string(candidates[i].error),
                        i);
  auto const best = std::max_element(candidates.begin(), candidates.end(),
                                     [](estimate const& a, estimate const& b) { return a.value < b.value; });
  auto const first = std::find_if(candidates.begin(), candidates.end(),
                                  [&](estimate const& c) { return c.value >= best->value - best->error; });
  return static_cast<std::size_t>(first - candidates.begin());
}

/// How often two codes of the same rows are equal, corrected for chance (Cohen 1960): kappa = (p_o - p_e) / (1 - p_e)
/// and its standard error; 0 where all rows have one code, since nothing is told apart.
[[nodiscard]] inline estimate chance_corrected_agreement(std::span<code_t const> a, std::span<code_t const> b,
                                                         std::size_t words) {
  constexpr std::string_view where = "chance_corrected_agreement";
  if (a.empty() || a.size() != b.size())
    throw shape_error(where, std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                                 " codes, expected as many of both and one at least");
  code_usage used_a(words), used_b(words);
  used_a.add(a);
  used_b.add(b);
  auto const n = static_cast<double>(a.size());
  double equal = 0, chance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
  equal /= n;
  for (std::size_t j = 0; j < words; ++j)
    chance += static_cast<double>(used_a.counts()[j]) / n * static_cast<double>(used_b.counts()[j]) / n;
  if (!(chance < 1)) return {};
  return {(equal - chance) / (1 - chance), std::sqrt(equal * (1 - equal) / n) / (1 - chance)};
}

/// Split-half reliability of codes in the kept channels, on rows of one modality (Spearman 1910, Brown 1910, of tests
/// made of items): the first, third, ... kept channel give a row one code, the second, fourth, ... another one.
///
/// Channels that tell what the words are about agree with one another, independent noise agrees with nothing, and too
/// few channels are unreliable as well. It cannot see a nuisance that many channels of the source share: to one
/// modality alone that looks like meaning. With pairs, take \ref paired_reliability. Throws value_error for fewer than
/// two channels.
template <Scalar T, Metric M = squared_euclidean>
[[nodiscard]] estimate split_half_reliability(matrix<T> const& x, matrix<T> const& words, channel_list const& channels,
                                              M const& metric = {}, executor_ref executor = {}) {
  if (channels.size() < 2) throw value_error("split_half_reliability", "expected at least two channels");
  channel_list half[2];
  for (std::size_t k = 0; k < channels.size(); ++k) half[k % 2].push_back(channels[k]);
  return chance_corrected_agreement(requantise(x, words, half[0], metric, executor),
                                    requantise(x, words, half[1], metric, executor), row_count(words));
}

/// How well the codes of two modalities of the same items agree in the kept channels: what a shared codebook is for.
/// Needs pairs, no labels.
template <Scalar T, Metric M = squared_euclidean>
[[nodiscard]] estimate paired_reliability(matrix<T> const& a, matrix<T> const& b, matrix<T> const& words,
                                          channel_list const& channels, M const& metric = {},
                                          executor_ref executor = {}) {
  return chance_corrected_agreement(requantise(a, words, channels, metric, executor),
                                    requantise(b, words, channels, metric, executor), row_count(words));
}

/// What \ref choose_channel_count saw.
struct channel_count_choice {
  std::size_t count = 0;
  std::vector<std::size_t> candidates = {};
  std::vector<estimate> reliability = {};  ///< one per candidate
};

/// The smallest K whose best K channels are as reliable as those of the most reliable K, to within one standard error.
///
/// `reliability(channels)` -> \ref estimate is called for every candidate; it looks at held-out rows of the source
/// modality (\ref split_half_reliability, or the accuracy of a probe there) or at held-out pairs of the training data
/// (\ref paired_reliability), never at the test. `candidates` are ascending; empty: D/16, 2 D/16, ..., D, from 2 on.
template <class Reliability>
[[nodiscard]] channel_count_choice choose_channel_count(std::span<double const> scores, Reliability reliability,
                                                        std::vector<std::size_t> candidates = {}) {
  if (candidates.empty())
    for (std::size_t i = 1; i <= 16; ++i)
      if (std::size_t const k = i * scores.size() / 16; k >= 2 && (candidates.empty() || k > candidates.back()))
        candidates.push_back(k);
  if (candidates.empty()) throw value_error("choose_channel_count", "there are no candidates");
  channel_count_choice choice{0, std::move(candidates), {}};
  for (std::size_t const k : choice.candidates) choice.reliability.push_back(reliability(select_channels(scores, k)));
  choice.count = choice.candidates[first_within_one_standard_error(choice.reliability)];
  return choice;
}

}  // namespace sidera::inline SIDERA_ABI
