// SPDX-License-Identifier: MIT
#pragma once
/// \file  Greedy encoding and decoding with trained levels: the part of a residual quantizer that serving needs.
#include <sidera/codebooks/codebook.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/residual_schemes/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// One level: the words that are searched and what each of them explains.
template <Scalar T>
struct residual_level {
  codebook<T> search;   ///< K x width(dim, level)
  matrix<T> explained;  ///< K x dim: subtracted from the residual, added to the prefix
};

/// Memory that encoding reuses from block to block.
template <Scalar T>
struct residual_workspace {
  matrix<T> residual, prefix, query;
  std::vector<code_t> codes;
};

/// Walks rows down the levels. All members are const and may be called from many threads, each with its own workspace.
template <Scalar T, Metric M, ResidualScheme R>
class residual_encoder {
 public:
  residual_encoder() = default;
  residual_encoder(M const& metric, R const& scheme, std::size_t dim) : metric_(metric), scheme_(scheme), dim_(dim) {}

  /// Adds the next level.
  void push_level(residual_level<T> level) {
    searches_.emplace_back(level.search.words, metric_);
    levels_.push_back(std::move(level));
  }
  void truncate(std::size_t levels) {
    searches_.erase(searches_.begin() + static_cast<std::ptrdiff_t>(levels), searches_.end());
    levels_.resize(levels);
  }

  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t level_count() const noexcept { return levels_.size(); }
  [[nodiscard]] residual_level<T> const& level(std::size_t l) const { return levels_.at(l); }
  [[nodiscard]] word_search<T, M> const& search(std::size_t l) const { return searches_.at(l); }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }
  [[nodiscard]] R const& scheme() const noexcept { return scheme_; }

  /// Codes of the rows of `x` in out.cols() levels. Allocates nothing once the workspace has seen a block of this size.
  void encode(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w) const {
    start(x, w);
    w.codes.resize(row_count(x));
    for (index_t l = 0; l < out.cols(); ++l) {
      auto const level = static_cast<std::size_t>(l);
      compose(w.residual, w.prefix, level, w.query);
      searches_[level].nearest(w.query, w.codes);
      for (index_t i = 0; i < out.rows(); ++i) out(i, l) = w.codes[static_cast<std::size_t>(i)];
      advance(w.residual, w.prefix, w.codes, level);
    }
  }

  /// Residual = x, prefix = 0.
  static void start(matrix_cref<T> const& x, residual_workspace<T>& w) {
    w.residual = x;
    w.prefix.setZero(x.rows(), x.cols());
  }

  /// The rows that level `level` searches.
  void compose(matrix<T> const& residual, matrix<T> const& prefix, std::size_t level, matrix<T>& query) const {
    query.resize(residual.rows(), static_cast<index_t>(scheme_.width(dim_, level)));
    for (index_t i = 0; i < residual.rows(); ++i)
      scheme_.compose(std::span<T const>(row_span(residual, i)), std::span<T const>(row_span(prefix, i)), level,
                      row_span(query, i));
  }

  /// Moves what the chosen words explain from the residual to the prefix.
  void advance(matrix<T>& residual, matrix<T>& prefix, std::span<code_t const> codes, std::size_t level) const {
    for (index_t i = 0; i < residual.rows(); ++i) {
      auto const explained = levels_[level].explained.row(codes[static_cast<std::size_t>(i)]);
      residual.row(i) -= explained;
      prefix.row(i) += explained;
    }
  }

  /// The sum of the explained parts, added up in the order of the levels: the prefix that encoding saw, bit for bit.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    matrix<T> out = matrix<T>::Zero(codes.rows(), static_cast<index_t>(dim_));
    for (index_t i = 0; i < codes.rows(); ++i)
      for (index_t l = 0; l < codes.cols() && codes(i, l) >= 0; ++l)
        out.row(i) += levels_[static_cast<std::size_t>(l)].explained.row(codes(i, l));
    return out;
  }

 private:
  [[no_unique_address]] M metric_;
  [[no_unique_address]] R scheme_;
  std::size_t dim_ = 0;
  std::vector<residual_level<T>> levels_;
  std::vector<word_search<T, M>> searches_;
};

}  // namespace sidera::inline SIDERA_ABI
