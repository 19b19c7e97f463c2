// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <sidera/codebooks/usage.hpp>

namespace sidera::inline SIDERA_ABI {

/// What share of the words in use is used by 1, 2, ..., M modalities: entry k - 1 is that of exactly k. A modality uses
/// a word when at least `least` of its rows chose it. All zeros when no word is in use.
[[nodiscard]] inline std::vector<double> code_sharing(std::span<code_usage const> usage, std::int64_t least = 1) {
  std::vector<double> shares(usage.size(), 0.0);
  std::size_t const words = usage.empty() ? 0 : usage.front().counts().size();
  double used = 0;
  for (std::size_t j = 0; j < words; ++j) {
    std::size_t modalities = 0;
    for (code_usage const& u : usage) modalities += u.counts()[j] >= least;
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
