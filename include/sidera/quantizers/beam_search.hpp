// SPDX-License-Identifier: MIT
#pragma once
/// \file  Encoding that keeps the best few hypotheses per level instead of one.
#include <sidera/quantizers/residual_encoder.hpp>

namespace sidera::inline SIDERA_ABI {

/// Beam search over the levels of a residual encoder.
///
/// After each level the `width` hypotheses whose query is nearest to its last word are kept (for RQ with squared
/// Euclidean distance: those with the smallest residual). Ties go to the better earlier hypothesis, then to the lower
/// code. width = 1 is the greedy encoder.
template <Scalar T, Metric M, ResidualScheme R>
class beam_search {
 public:
  beam_search(residual_encoder<T, M, R> const& encoder, std::size_t width) : encoder_(encoder), width_(width) {}

  /// Codes of the best hypothesis of every row, in out.cols() levels.
  void encode(matrix_cref<T> const& x, code_matrix_ref out) {
    start(x);
    for (std::size_t l = 0; l < column_count(out); ++l) expand(l);
    std::size_t const per_row = beams_;
    for (index_t i = 0; i < x.rows(); ++i)
      out.row(i) = codes_.row(i * static_cast<index_t>(per_row)).leftCols(out.cols());
  }

  /// All hypotheses of every row, best first: out holds rows * hypotheses rows. Returns the hypotheses per row.
  std::size_t encode_all(matrix_cref<T> const& x, std::size_t levels, code_matrix& out) {
    start(x);
    for (std::size_t l = 0; l < levels; ++l) expand(l);
    out = codes_.leftCols(static_cast<index_t>(levels));
    return beams_;
  }

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

  void start(matrix_cref<T> const& x) {
    rows_ = row_count(x);
    beams_ = 1;
    encoder_.start(x, state_);
    codes_.setConstant(x.rows(), static_cast<index_t>(encoder_.level_count()), no_code);
  }

  void expand(std::size_t level) {
    auto const& search = encoder_.search(level);
    std::size_t const tried = std::min(width_, search.size());
    encoder_.compose(state_.residual, state_.prefix, level, state_.query);
    nearest_.resize(state_.query.rows(), static_cast<index_t>(tried));
    search.nearest_k(state_.query, nearest_);
    std::size_t const kept = std::min(width_, beams_ * tried);
    residual_workspace<T> next;
    next.residual.resize(static_cast<index_t>(rows_ * kept), state_.residual.cols());
    next.prefix.resize(next.residual.rows(), next.residual.cols());
    code_matrix next_codes(next.residual.rows(), codes_.cols());
    for (std::size_t row = 0; row < rows_; ++row) {
      rank(row, search, tried);
      for (std::size_t h = 0; h < kept; ++h) adopt(candidates_[h], row * kept + h, level, next, next_codes);
    }
    state_.residual.swap(next.residual);
    state_.prefix.swap(next.prefix);
    codes_.swap(next_codes);
    beams_ = kept;
  }

  void rank(std::size_t row, word_search<T, M> const& search, std::size_t tried) {
    candidates_.clear();
    for (std::size_t parent = row * beams_; parent < (row + 1) * beams_; ++parent)
      for (std::size_t t = 0; t < tried; ++t) {
        auto const p = static_cast<index_t>(parent);
        code_t const code = nearest_(p, static_cast<index_t>(t));
        candidates_.push_back({search.distance_to(row_span(state_.query, p), code), parent, code});
      }
    std::sort(candidates_.begin(), candidates_.end());
  }

  void adopt(candidate const& chosen, std::size_t to, std::size_t level, residual_workspace<T>& next,
             code_matrix& codes) const {
    auto const from = static_cast<index_t>(chosen.parent), row = static_cast<index_t>(to);
    auto const explained = encoder_.level(level).explained.row(chosen.code);
    next.residual.row(row) = state_.residual.row(from) - explained;
    next.prefix.row(row) = state_.prefix.row(from) + explained;
    codes.row(row) = codes_.row(from);
    codes(row, static_cast<index_t>(level)) = chosen.code;
  }

  residual_encoder<T, M, R> const& encoder_;
  std::size_t width_;
  std::size_t rows_ = 0, beams_ = 1;
  residual_workspace<T> state_;
  code_matrix codes_, nearest_;
  std::vector<candidate> candidates_;
};

}  // namespace sidera::inline SIDERA_ABI
