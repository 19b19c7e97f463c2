// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rows that the levels of a residual quantizer are trained on.
#include <algorithm>
#include <functional>
#include <sidera/core/order_free_sum.hpp>
#include <sidera/quantizers/residual_encoder.hpp>
#include <sidera/quantizers/row_variation.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Residual, prefix and query of every row, level after level. Copies only what a level changes: the first one of most
/// schemes searches the rows themselves, and nothing is kept behind the last one.
template <Scalar T, Metric M, ResidualScheme R>
class level_rows {
 public:
  /// `x` and `encoder`, which gets the levels one by one, must outlive the rows.
  level_rows(matrix_cref<T> const& x, residual_encoder<T, M, R> const& encoder, std::size_t levels)
      : x_(x), encoder_(encoder), levels_(levels) {
    restart();
  }

  /// Nothing is explained.
  void restart() {
    level_ = 0;
    if constexpr (!LinearResidualScheme<R>) {
      residual_ = x_;
      prefix_.setZero(x_.rows(), x_.cols());
    }
  }

  [[nodiscard]] matrix_cref<T> residual() const { return level_ == 0 ? x_ : matrix_cref<T>(residual_); }

  /// What the level searches; valid until the next change.
  [[nodiscard]] matrix_cref<T> queries() {
    if (encoder_.searches_residual(level_)) return residual();
    encoder_.compose(residual_, prefix_, level_, query_);
    return query_;
  }

  /// As residual_encoder::advance by the words of this level, and on to the next one; returns the sum of the squares of
  /// what is left, rounded once.
  double advance(std::span<code_t const> codes) {
    matrix<T> const& explained = encoder_.level(level_).explained;
    matrix_cref<T> const before = residual();
    bool const keeps = level_ + 1 < levels_, keeps_prefix = keeps && needs_prefix();
    if (keeps) residual_.resize(x_.rows(), x_.cols());
    if (keeps_prefix && level_ == 0) prefix_.setZero(x_.rows(), x_.cols());
    std::vector<T> left(dim());
    order_free_sum total;
    for (index_t i = 0; i < x_.rows(); ++i) {
      std::span<T const> const whole = row_span(before, i),
                               part = row_span(explained, codes[static_cast<std::size_t>(i)]);
      std::transform(whole.begin(), whole.end(), part.begin(), left.begin(), std::minus<>());
      total.add(squared_length<T>(left));
      if (keeps) std::copy(left.begin(), left.end(), row_span(residual_, i).begin());
      if (!keeps_prefix) continue;
      std::span<T> const prefix = row_span(prefix_, i);
      std::transform(prefix.begin(), prefix.end(), part.begin(), prefix.begin(), std::plus<>());
    }
    ++level_;
    return total.value();
  }

 private:
  [[nodiscard]] std::size_t dim() const noexcept { return column_count(x_); }

  [[nodiscard]] bool needs_prefix() const {
    for (std::size_t l = 1; l < levels_; ++l)
      if (!encoder_.searches_residual(l)) return true;
    return false;
  }

  matrix_cref<T> x_;
  residual_encoder<T, M, R> const& encoder_;
  std::size_t levels_, level_ = 0;
  matrix<T> residual_, prefix_, query_;
};

}  // namespace sidera::inline SIDERA_ABI
