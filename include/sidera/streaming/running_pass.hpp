// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <sidera/codebooks/pass_summary.hpp>
#include <sidera/streaming/code_store.hpp>

namespace sidera::inline SIDERA_ABI {

/// The statistics of a codebook from pass to pass. With `keeps_codes` a row costs something only where its code has
/// changed since the pass before; without, every pass adds all rows again. The sums are exact, so both end with the
/// same bits.
template <Scalar T>
class running_pass {
 public:
  /// For up to `rows` rows, which `workers` workers assign side by side.
  running_pass(std::size_t words, column_scales const& scales, std::size_t workers, std::size_t rows, bool keeps_codes)
      : parts_(workers, pass_summary<T>(words, scales)) {
    if (keeps_codes) codes_.emplace(rows, words);
  }

  /// To be called before every pass.
  void start() noexcept {
    if (knows_codes())
      parts_.front().clear_distances();
    else
      parts_.front().clear();
  }

  /// The code of row `row` < rows, which is row `number` of the whole data set.
  void assign(std::size_t worker, std::span<T const> values, code_t code, std::size_t row,
              std::uint64_t number) noexcept {
    code_t const before = knows_codes() ? codes_->get(row) : no_code;
    if (before == code) return;
    parts_[worker].move(values, before, code, number);
    if (codes_) codes_->set(row, code);
  }
  void add_distance(std::size_t worker, double distance) noexcept { parts_[worker].add_distance(distance); }

  /// The summary of the pass, valid until the next one starts.
  [[nodiscard]] pass_summary<T> const& finish() {
    for (std::size_t w = 1; w < parts_.size(); ++w) {
      parts_.front().merge(parts_[w]);
      parts_[w].clear();
    }
    complete_ = true;
    return parts_.front();
  }

  /// Whether \ref take_codes has those of the last pass.
  [[nodiscard]] bool knows_codes() const noexcept { return codes_ && complete_; }
  [[nodiscard]] code_store take_codes() { return std::move(*codes_); }

 private:
  std::vector<pass_summary<T>> parts_;  ///< one per worker; the first holds the total
  std::optional<code_store> codes_;
  bool complete_ = false;
};

}  // namespace sidera::inline SIDERA_ABI
