// SPDX-License-Identifier: MIT
#pragma once
/// \file  How evenly codes are used.
#include <algorithm>
#include <cmath>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The usage of one codebook, or of one level. p_i = n_i / sum n; logarithms are natural.
struct usage_statistics {
  std::vector<std::int64_t> counts;  ///< n_i, one per word
  std::size_t rows = 0;              ///< that have a code
  std::size_t skipped = 0;           ///< rows without one
  std::size_t used = 0;              ///< words with n_i > 0
  double usage = 0;                  ///< used / words
  double entropy = 0;                ///< - sum p_i ln p_i
  double perplexity = 0;             ///< exp(entropy): words in effective use, 1 .. words; 0 without rows
  double gini = 0;                   ///< 0: all words alike, towards 1: few words take everything; see \ref gini_index

  [[nodiscard]] std::size_t dead() const noexcept { return counts.size() - used; }
};

/// - sum p ln p of counts >= 0, in nats; 0 for no counts at all.
[[nodiscard]] inline double count_entropy(std::span<std::int64_t const> counts) noexcept {
  double total = 0, sum = 0;
  for (std::int64_t const n : counts) total += static_cast<double>(n);
  for (std::int64_t const n : counts)
    if (n > 0) sum -= static_cast<double>(n) / total * std::log(static_cast<double>(n) / total);
  return std::max(sum, 0.0);
}

/// sum_i (2 i - k - 1) n_(i) / (k sum n) with n_(1) <= ... <= n_(k); 0 for no counts at all.
[[nodiscard]] inline double gini_index(std::vector<std::int64_t> counts) {
  std::sort(counts.begin(), counts.end());
  double const k = static_cast<double>(counts.size());
  double total = 0, weighted = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += static_cast<double>(counts[i]);
    weighted += (2 * static_cast<double>(i + 1) - k - 1) * static_cast<double>(counts[i]);
  }
  return total > 0 ? weighted / (k * total) : 0;
}

/// The statistics of counts that somebody else took. Throws value_error for a negative count.
[[nodiscard]] inline usage_statistics usage_of_counts(std::vector<std::int64_t> counts) {
  usage_statistics out;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (counts[j] < 0) throw value_error("usage_of_counts", "word " + std::to_string(j) + " has a negative count", j);
    out.rows += static_cast<std::size_t>(counts[j]);
    out.used += counts[j] > 0;
  }
  out.entropy = count_entropy(counts);
  out.perplexity = out.rows > 0 ? std::exp(out.entropy) : 0;
  out.gini = gini_index(counts);
  out.usage = counts.empty() ? 0 : static_cast<double>(out.used) / static_cast<double>(counts.size());
  out.counts = std::move(counts);
  return out;
}

/// The usage of a codebook of `words` words by one code per row. Throws value_error, with the row, for a code that has
/// no word; rows without a code are skipped and counted.
[[nodiscard]] inline usage_statistics usage_of(std::span<code_t const> codes, std::size_t words) {
  std::vector<std::int64_t> counts(words, 0);
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < 0) {
      ++skipped;
      continue;
    }
    if (static_cast<std::size_t>(codes[i]) >= words)
      throw value_error("usage_of",
                        "row " + std::to_string(i) + " has code " + std::to_string(codes[i]) + ", there are " +
                            std::to_string(words) + " words",
                        i);
    ++counts[static_cast<std::size_t>(codes[i])];
  }
  usage_statistics out = usage_of_counts(std::move(counts));
  out.skipped = skipped;
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
