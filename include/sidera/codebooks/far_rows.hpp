// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which rows are surely not near some words: the few others are compared.
#include <sidera/codebooks/integer_row_store.hpp>
#include <sidera/codebooks/mean_row.hpp>
#include <sidera/core/rounding.hpp>

namespace sidera::inline SIDERA_ABI {

/// Excludes pairs of rows and words by a lower bound of their squared distance, from products of small integers.
///
/// With m a point near the rows, a = x - m and b = w - m, |x - w|^2 = |a|^2 + |b|^2 - 2 <a, b>. The integers give <a,
/// b> to within simd::integer_panels::score_error.
class far_rows {
 public:
  /// The rows of `x` as integers; `x` need not live longer.
  far_rows(matrix_cref<float> const& x, executor_ref executor)
      : rows_(x, detail::mean_row<float>(x), executor), least_square_(column_count(x)), half_squares_(row_count(x)) {
    for (std::size_t i = 0; i < half_squares_.size(); ++i) half_squares_[i] = least_square_(rows_.length(i)) / 2;
  }

  /// Some words, for \ref for_each_near.
  class few_words {
   public:
    few_words(far_rows const& rows, matrix<float> const& words) : half_squares_(most_words(words)) {
      matrix<float> centred(words.rows(), words.cols());
      std::fill_n(half_squares_.data(), most_words(words), std::numeric_limits<float>::lowest());
      double longest = 0;
      for (index_t j = 0; j < words.rows(); ++j) {
        double const length = simd::centre_row(row_span(words, j).data(), rows.rows_.centre().data(), rows.dim(),
                                               row_span(centred, j).data());
        longest = std::max(longest, length);
        half_squares_.data()[j] =
            detail::a_little_below(static_cast<float>(std::min(rows.least_square_(length) / 2, 1e30)));
      }
      panels_ = simd::first_pass_panels(simd::word_panels<float>::as_they_are(
          {centred.data(), static_cast<std::size_t>(centred.size())}, rows.dim()));
      count_ = row_count(words);
      constexpr double u = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
      error_per_length_ = 4 * u * longest;
      half_limit_factor_ = 0.5 + static_cast<double>(rows.dim() + 8) * u;
      underflow_ = static_cast<double>(rows.dim()) * 0x1p-126;
    }

   private:
    friend far_rows;
    [[nodiscard]] static std::size_t most_words(matrix<float> const& words) {
      std::size_t const panel = simd::first_pass_panels::words_per_panel;
      return (row_count(words) + panel - 1) / panel * panel;
    }
    simd::first_pass_panels panels_;
    simd::aligned_buffer<float> half_squares_;  ///< |b|^2 / 2, or less
    std::size_t count_ = 0;
    double error_per_length_ = 0, half_limit_factor_ = 0, underflow_ = 0;  ///< see least_score
  };

  /// Calls near(i, j) for rows i of first .. first + count - 1 and words j, at least for all whose squared distance, as
  /// squared_euclidean gives it in single precision, is less than limit(i).
  template <class Limit, class Near>
  void for_each_near(few_words const& w, std::size_t first, std::size_t count, Limit const& limit,
                     Near const& near) const {
    constexpr std::size_t tile = simd::first_pass_panels::tile_rows, panel = simd::first_pass_panels::words_per_panel;
    alignas(64) float scores[tile * panel];
    integer_row_store::entry const* rows[tile];
    simd::matrix_unit_session const session(w.panels_.wants_unit());
    for (std::size_t t = first; t < first + count; t += tile) {
      std::size_t const n = std::min(tile, first + count - t);
      for (std::size_t r = 0; r < tile; ++r) rows[r] = rows_.row(t + std::min(r, n - 1)).data();
      for (std::size_t p = 0; p * panel < w.count_; ++p) {
        if (!w.panels_.usable())
          std::fill_n(scores, tile * panel, std::numeric_limits<float>::infinity());
        else if (w.count_ - p * panel <= simd::width<float>)
          w.panels_.template store_scores<1>(rows, p, scores, panel);
        else
          w.panels_.store_scores(rows, p, scores, panel);
        for (std::size_t r = 0; r < n; ++r)
          visit_near(w, p, scores + r * panel, least_score(w, t + r, limit(t + r)),
                     [&](std::size_t j) { near(t + r, j); });
      }
    }
  }

 private:
  static constexpr float nothing_is_far = -std::numeric_limits<float>::infinity();

  [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

  /// A word is far from row i when its score is at most this plus its half square. In real numbers: when
  /// |a|^2 + |b|^2 - 2 <a, b> is at least the limit. The metric in single precision may be below the real distance by a
  /// relative dim + 8 roundings, entries of a and b are rounded once.
  [[nodiscard]] float least_score(few_words const& w, std::size_t i, double limit) const noexcept {
    double const length = rows_.length(i);
    double const error = w.panels_.score_error(length, rows_.error(i)) + length * w.error_per_length_;
    double const score = half_squares_[i] - limit * w.half_limit_factor_ - error - w.underflow_;
    return std::abs(score) < 1e30 ? detail::a_little_below(static_cast<float>(score)) : nothing_is_far;
  }

  template <class Visit>
  static void visit_near(few_words const& w, std::size_t p, float const* scores, float least, Visit const& visit) {
    constexpr std::size_t panel = simd::first_pass_panels::words_per_panel, width = simd::width<float>;
    using batch = simd::batch<float>;
    std::size_t const count = std::min(panel, w.count_ - p * panel);
    for (std::size_t v = 0; v < count; v += width) {
      batch const sum = batch(least) + batch::load_aligned(w.half_squares_.data() + p * panel + v);
      batch const bound = sum - xsimd::abs(sum) * batch(2 * std::numeric_limits<float>::epsilon());
      std::uint32_t near = ~simd::lanes_at_least<float>(bound, batch::load_aligned(scores + v));
      if (count - v < width) near &= (std::uint32_t{1} << (count - v)) - 1;
      if constexpr (width < 32) near &= (std::uint32_t{1} << width) - 1;
      for (; near != 0; near &= near - 1) visit(p * panel + v + static_cast<std::size_t>(std::countr_zero(near)));
    }
  }

  integer_row_store rows_;
  simd::least_square<float> least_square_;
  std::vector<double> half_squares_;  ///< |a|^2 / 2, or less
};

}  // namespace sidera::inline SIDERA_ABI
