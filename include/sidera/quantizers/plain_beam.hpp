// SPDX-License-Identifier: MIT
#pragma once
/// \file  Beam search with any metric and residual scheme.
#include <sidera/quantizers/residual_encoder.hpp>

namespace sidera::inline SIDERA_ABI {

/// What \ref beam_search finds, the plain way: every hypothesis has its residual, of which the nearest words are
/// sought.
template <Scalar T, Metric M, ResidualScheme R>
class plain_beam {
 public:
  /// `encoder` must outlive the search.
  plain_beam(residual_encoder<T, M, R> const& encoder, std::size_t width) : encoder_(&encoder), width_(width) {}

  /// Returns the hypotheses per row.
  std::size_t search(matrix_cref<T> const& x, std::size_t levels) {
    rows_ = row_count(x);
    beams_ = 1;
    encoder_->start(x, state_);
    codes_.setConstant(x.rows(), static_cast<index_t>(levels), no_code);
    for (std::size_t l = 0; l < levels; ++l) expand(l);
    return beams_;
  }

  /// Codes of all hypotheses, those of a row together, best first.
  [[nodiscard]] code_matrix const& codes() const noexcept { return codes_; }

 private:
  struct candidate {
    double distance;
    std::size_t parent;
    code_t code;
    [[nodiscard]] bool operator<(candidate const& o) const noexcept {
      if (distance != o.distance) return distance < o.distance;
      return parent != o.parent ? parent < o.parent : code < o.code;
    }
  };

  void expand(std::size_t level) {
    auto const& words = encoder_->search(level);
    std::size_t const tried = std::min(width_, words.size()), kept = std::min(width_, beams_ * tried);
    encoder_->compose(state_.residual, state_.prefix, level, state_.query);
    nearest_.resize(state_.query.rows(), static_cast<index_t>(tried));
    words.nearest_k(state_.query, nearest_);
    next_.residual.resize(static_cast<index_t>(rows_ * kept), state_.residual.cols());
    next_.prefix.resize(next_.residual.rows(), next_.residual.cols());
    next_codes_.resize(next_.residual.rows(), codes_.cols());
    for (std::size_t row = 0; row < rows_; ++row) {
      list_nearest(row, words);
      std::sort(candidates_.begin(), candidates_.end());
      for (std::size_t h = 0; h < kept; ++h) adopt(candidates_[h], row * kept + h, level);
    }
    state_.residual.swap(next_.residual);
    state_.prefix.swap(next_.prefix);
    codes_.swap(next_codes_);
    beams_ = kept;
  }

  void list_nearest(std::size_t row, word_search<T, M> const& words) {
    candidates_.clear();
    for (std::size_t parent = row * beams_; parent < (row + 1) * beams_; ++parent) {
      auto const query = static_cast<index_t>(parent);
      for (code_t const code : row_span(nearest_, query))
        candidates_.push_back({words.distance_to(row_span(state_.query, query), code), parent, code});
    }
  }

  void adopt(candidate const& chosen, std::size_t to, std::size_t level) {
    auto const from = static_cast<index_t>(chosen.parent), row = static_cast<index_t>(to);
    auto const explained = encoder_->level(level).explained.row(chosen.code);
    next_.residual.row(row) = state_.residual.row(from) - explained;
    next_.prefix.row(row) = state_.prefix.row(from) + explained;
    next_codes_.row(row) = codes_.row(from);
    next_codes_(row, static_cast<index_t>(level)) = chosen.code;
  }

  residual_encoder<T, M, R> const* encoder_;
  std::size_t width_, rows_ = 0, beams_ = 1;
  residual_workspace<T> state_, next_;  ///< by hypothesis
  code_matrix codes_, next_codes_, nearest_;
  std::vector<candidate> candidates_;
};

}  // namespace sidera::inline SIDERA_ABI
