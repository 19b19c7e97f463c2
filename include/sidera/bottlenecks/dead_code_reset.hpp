// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <sidera/codebooks/codebook.hpp>
#include <sidera/codebooks/usage.hpp>
#include <sidera/core/random.hpp>

namespace sidera::inline SIDERA_ABI {

/// Moves words that have not been chosen for many batches next to words that are in use; DCID (NeurIPS 2023), section
/// 4.3. Thresholds are those of the released code.
struct dead_code_reset {
  std::int64_t after = 300;         ///< batches without a row: dead
  std::int64_t active_below = 100;  ///< a dead word moves to one whose count of idle batches is below this
  double noise = 1.0 / 1024;        ///< uniform in (-noise, noise) for each column
  bool sticky = true;               ///< the averages of the word restart too; false: the next update undoes the reset
  bool hit_by_all = false;          ///< a word lives only if every modality chose it (the paper); false: any (released)
  bool enabled = true;
};

/// How many batches ago each word of one codebook was chosen, for each modality.
class idle_counters {
 public:
  idle_counters() = default;
  explicit idle_counters(std::size_t words) : words_(words) {}

  /// Counts one batch: -1 at the start, + 1 per batch, 0 for the words that a row of the modality chose.
  void count(std::size_t modality, std::span<code_t const> codes) {
    if (modality >= idle_.size()) idle_.resize(modality + 1, std::vector<std::int64_t>(words_, -1));
    for (std::int64_t& n : idle_[modality]) ++n;
    for (code_t const c : codes)
      if (c >= 0) idle_[modality][static_cast<std::size_t>(c)] = 0;
  }

  /// Batches since word j was chosen by any modality, or (`by_all`) by the one that chose it longest ago.
  [[nodiscard]] std::int64_t idle(std::size_t j, bool by_all = false) const {
    if (idle_.empty()) return -1;
    std::int64_t n = idle_.front()[j];
    for (auto const& of_modality : idle_) n = by_all ? std::max(n, of_modality[j]) : std::min(n, of_modality[j]);
    return n;
  }
  void restart(std::size_t j) {
    for (auto& of_modality : idle_) of_modality[j] = 0;
  }

  /// All counters, modality after modality.
  [[nodiscard]] std::vector<std::int64_t> values() const {
    std::vector<std::int64_t> all;
    for (auto const& of_modality : idle_) all.insert(all.end(), of_modality.begin(), of_modality.end());
    return all;
  }
  void set_values(std::span<std::int64_t const> all) {
    if (words_ == 0 || all.size() % words_ != 0)
      throw shape_error("idle_counters",
                        std::to_string(all.size()) + " counters for " + std::to_string(words_) + " words");
    idle_.clear();
    for (std::size_t at = 0; at < all.size(); at += words_)
      idle_.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                         all.begin() + static_cast<std::ptrdiff_t>(at + words_));
  }

 private:
  std::size_t words_ = 0;
  std::vector<std::vector<std::int64_t>> idle_;
};

/// Resets the dead words of `book`: e_i <- e_j + noise with j a random active word; returns the words that moved. Where
/// no word is active, none moves.
template <Scalar T>
[[nodiscard]] std::vector<std::size_t> reset_dead_words(dead_code_reset const& how, idle_counters& idle,
                                                        codebook<T>& book, random_stream random) {
  std::vector<std::size_t> dead, active;
  for (std::size_t j = 0; j < book.size(); ++j) {
    std::int64_t const n = idle.idle(j, how.hit_by_all);
    if (n > how.after) dead.push_back(j);
    if (n >= 0 && n < how.active_below) active.push_back(j);
  }
  if (!how.enabled || active.empty()) return {};
  for (std::size_t k = 0; k < dead.size(); ++k) {
    random_stream const own = random.fork(dead[k]);
    auto const from = row_span(book.words, static_cast<index_t>(active[own.below(0, active.size())]));
    auto const to = row_span(book.words, static_cast<index_t>(dead[k]));
    for (std::size_t d = 0; d < to.size(); ++d)
      to[d] = from[d] + static_cast<T>(how.noise * (2 * own.uniform(d + 1) - 1));
    idle.restart(dead[k]);
  }
  return dead;
}

}  // namespace sidera::inline SIDERA_ABI
