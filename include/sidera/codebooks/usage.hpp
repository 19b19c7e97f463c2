// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <cstdint>
#include <sidera/core/error.hpp>
#include <sidera/core/scalar.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Throws value_error with the first row whose code has no word; rows without a code are allowed.
inline void require_codes(std::span<code_t const> codes, std::size_t words, std::string_view function) {
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (codes[i] >= 0 && static_cast<std::size_t>(codes[i]) >= words)
      throw value_error(function,
                        "row " + std::to_string(i) + " has code " + std::to_string(codes[i]) + ", there are " +
                            std::to_string(words) + " words",
                        i);
}

/// How often each code was used, over as many batches as one likes (an epoch, a data set, all machines).
class code_usage {
 public:
  explicit code_usage(std::size_t words) : counts_(words, 0) {}
  /// From counts that were taken elsewhere.
  explicit code_usage(std::span<std::int64_t const> counts) : counts_(counts.begin(), counts.end()) {}

  /// Counts codes; rows without a code are skipped. Throws value_error for a code that has no word.
  void add(std::span<code_t const> codes) {
    require_codes(codes, counts_.size(), "code_usage::add");
    for (code_t const c : codes)
      if (c >= 0) ++counts_[static_cast<std::size_t>(c)];
  }
  /// Adds the counts of other rows; throws shape_error when the other side has another number of words.
  void merge(code_usage const& other) {
    if (other.counts_.size() != counts_.size())
      throw shape_error("code_usage::merge",
                        std::to_string(other.counts_.size()) + " words are added to " + std::to_string(counts_.size()));
    for (std::size_t j = 0; j < counts_.size(); ++j) counts_[j] += other.counts_[j];
  }

  [[nodiscard]] std::span<std::int64_t const> counts() const noexcept { return counts_; }
  [[nodiscard]] std::size_t dead() const noexcept {
    std::size_t n = 0;
    for (std::int64_t const c : counts_) n += c == 0;
    return n;
  }
  /// exp of the entropy of the usage: the number of words in effective use, 1 .. words; 0 before the first code.
  [[nodiscard]] double perplexity() const noexcept {
    double total = 0, entropy = 0;
    for (std::int64_t const c : counts_) total += static_cast<double>(c);
    if (total == 0) return 0;
    for (std::int64_t const c : counts_) {
      double const p = static_cast<double>(c) / total;
      if (p > 0) entropy -= p * std::log(p);
    }
    return std::exp(entropy);
  }

 private:
  std::vector<std::int64_t> counts_;
};

}  // namespace sidera::inline SIDERA_ABI
