// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <sidera/codebooks/usage.hpp>

namespace sidera::inline SIDERA_ABI {

/// When a modality uses a word.
struct code_sharing_options {
  std::int64_t least = 1;  ///< so many of its rows chose the word,
  double least_share = 0;  ///< and so large a share of all rows that chose it are its own; 0.2 in the figures of DCID
};

/// What share of the words in use is used by 1, 2, ..., M modalities: entry k - 1 is that of exactly k. Words that no
/// modality uses do not count; all zeros when there are no others. Throws value_error for a share outside [0, 1] and
/// shape_error for usages of different numbers of words.
[[nodiscard]] inline std::vector<double> code_sharing(std::span<code_usage const> usage,
                                                      code_sharing_options const& options = {}) {
  constexpr std::string_view where = "code_sharing";
  if (!(options.least_share >= 0 && options.least_share <= 1))
    throw value_error(where, "least_share is " + std::to_string(options.least_share) + ", expected 0 to 1");
  std::vector<double> shares(usage.size(), 0.0);
  std::size_t const words = usage.empty() ? 0 : usage.front().counts().size();
  for (code_usage const& u : usage)
    if (u.counts().size() != words)
      throw shape_error(
          where, "usages are of " + std::to_string(words) + " words and of " + std::to_string(u.counts().size()));
  double used = 0;
  for (std::size_t j = 0; j < words; ++j) {
    double all = 0;
    for (code_usage const& u : usage) all += static_cast<double>(u.counts()[j]);
    std::size_t modalities = 0;
    for (code_usage const& u : usage)
      modalities += u.counts()[j] >= options.least && static_cast<double>(u.counts()[j]) >= options.least_share * all;
    if (modalities == 0) continue;
    shares[modalities - 1] += 1;
    used += 1;
  }
  for (double& s : shares) s = used > 0 ? s / used : 0;
  return shares;
}

/// In how many samples the most frequent code over time is the same in all modalities (ties: the lowest code; samples
/// that lack a modality do not count). Entry m of `codes` has batch * time rows.
[[nodiscard]] inline std::size_t equal_samples(std::span<std::vector<code_t> const> codes, std::size_t time) {
  auto const mode = [time](std::vector<code_t> const& of, std::size_t sample) {
    auto const first = of.begin() + static_cast<std::ptrdiff_t>(sample * time);
    std::vector<code_t> steps(first, first + static_cast<std::ptrdiff_t>(time));
    std::sort(steps.begin(), steps.end());
    code_t best = no_code;
    std::ptrdiff_t most = 0;
    for (auto at = steps.begin(); at != steps.end();) {
      auto const end = std::upper_bound(at, steps.end(), *at);
      if (*at >= 0 && end - at > most) most = end - at, best = *at;
      at = end;
    }
    return best;
  };
  if (codes.empty() || time == 0) return 0;
  std::size_t equal = 0;
  for (std::size_t b = 0; b < codes.front().size() / time; ++b) {
    code_t const first = mode(codes.front(), b);
    equal += first >= 0 && std::all_of(codes.begin(), codes.end(),
                                       [&](std::vector<code_t> const& of) { return mode(of, b) == first; });
  }
  return equal;
}

}  // namespace sidera::inline SIDERA_ABI
