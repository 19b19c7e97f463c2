// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <numeric>
#include <sidera/codebooks/codebook.hpp>
#include <sidera/core/number_text.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Throws value_error on behalf of `rule` unless `decay` is in [0, 1] and `epsilon` a number of at least 0.
inline void require_averaging(double decay, double epsilon, std::string_view rule) {
  if (!(decay >= 0 && decay <= 1)) throw value_error(rule, "decay is " + to_text(decay) + ", expected 0 to 1");
  if (!(epsilon >= 0 && std::isfinite(epsilon)))
    throw value_error(rule, "epsilon is " + to_text(epsilon) + ", expected a number of at least 0");
}

/// Moving averages N (counts) and W (sums) of the words of one codebook, in double: a float average of a word that is
/// not used underflows after some 9000 batches.
class ema_averages {
 public:
  template <Scalar T>
  ema_averages(codebook<T> const& book, double count)
      : dim_(book.dim()), counts_(book.size(), count), sums_(book.size() * book.dim()) {
    for (std::size_t j = 0; j < book.size(); ++j) restart(book, j, count);
  }

  /// N <- decay N + (1 - decay) n
  void decay_counts(double decay, std::span<std::int64_t const> members) {
    for (std::size_t j = 0; j < counts_.size(); ++j)
      counts_[j] = decay * counts_[j] + (1 - decay) * static_cast<double>(members[j]);
  }

  /// N <- (N + epsilon) / (sum N + K epsilon) sum N: no count reaches zero, their sum stays.
  void smooth(double epsilon) {
    if (epsilon == 0) return;
    double const total = std::accumulate(counts_.begin(), counts_.end(), 0.0);
    double const scale = total / (total + static_cast<double>(counts_.size()) * epsilon);
    for (double& n : counts_) n = (n + epsilon) * scale;
  }

  /// W_j <- decay W_j + (1 - decay) s, where `sum(d)` is column d of s.
  template <class Sum>
  void decay_sum(std::size_t j, double decay, Sum sum) {
    for (std::size_t d = 0; d < dim_; ++d) sums_[j * dim_ + d] = decay * sums_[j * dim_ + d] + (1 - decay) * sum(d);
  }

  /// word <- W_j / N_j; a count that has all but vanished (no smoothing, no members for ages) leaves the word alone.
  template <Scalar T>
  void write_word(std::size_t j, std::span<T> word) const {
    if (!(counts_[j] > 1e-290)) return;
    for (std::size_t d = 0; d < dim_; ++d) word[d] = static_cast<T>(sums_[j * dim_ + d] / counts_[j]);
  }

  /// N_j <- count, W_j <- max(count, 1) word: with count 0 the sum still holds the word, as in the released DCID code.
  template <Scalar T>
  void restart(codebook<T> const& book, std::size_t j, double count) {
    counts_[j] = count;
    double const weight = count > 0 ? count : 1;
    auto const word = row_span(book.words, static_cast<index_t>(j));
    for (std::size_t d = 0; d < dim_; ++d) sums_[j * dim_ + d] = weight * static_cast<double>(word[d]);
  }

  /// Counts, then sums.
  [[nodiscard]] std::vector<double> numbers() const {
    std::vector<double> all = counts_;
    all.insert(all.end(), sums_.begin(), sums_.end());
    return all;
  }
  /// Takes what `numbers` gave; throws shape_error for another number of them.
  void set_numbers(std::span<double const> all) {
    if (all.size() != counts_.size() + sums_.size())
      throw shape_error("ema_averages::set_numbers", std::to_string(all.size()) + " numbers, expected " +
                                                         std::to_string(counts_.size() + sums_.size()));
    std::copy_n(all.begin(), counts_.size(), counts_.begin());
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(counts_.size()), all.end(), sums_.begin());
  }

  [[nodiscard]] std::span<double const> counts() const noexcept { return counts_; }
  [[nodiscard]] std::span<double const> sums() const noexcept { return sums_; }
  [[nodiscard]] std::span<double> counts() noexcept { return counts_; }
  [[nodiscard]] std::span<double> sums() noexcept { return sums_; }

 private:
  std::size_t dim_;
  std::vector<double> counts_;
  std::vector<double> sums_;  ///< K x D
};

}  // namespace sidera::inline SIDERA_ABI
