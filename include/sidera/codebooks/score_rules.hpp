// SPDX-License-Identifier: MIT
#pragma once
/// \file  How metrics become scores of the fused kernel, and how far such a
/// score can be wrong.
#include <algorithm>
#include <cmath>
#include <limits>
#include <sidera/codebooks/mean_row.hpp>
#include <sidera/core/check.hpp>
#include <sidera/core/rounding.hpp>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/score_tile.hpp>
#include <sidera/simd/word_panels.hpp>

namespace sidera::inline SIDERA_ABI {

/// A metric that a fused kernel can search.
template <class M>
concept ScannedMetric = LinearMetric<M> || TermMetric<M>;

/// The rules of simd::word_scan for one codebook and metric.
template <Scalar T, ScannedMetric M>
class score_rules;

/// Linear scores. With s_j the real score of word j, its computed score is off
/// by at most E = score_error. The nearest word by exact_distance, n, has s_n
/// >= s_best - R, R the \ref score_resolution; so its computed score is at
/// least the best computed one - 2 E - R: the slack.
template <Scalar T, LinearMetric M>
class score_rules<T, M> : public simd::multiply_add_step {
 public:
  score_rules(matrix<T> const& words, M const& metric) : score_rules(words, metric, detail::mean_row<T>(words)) {}

  /// With a centre other than the mean of the words: any point near the rows.
  score_rules(matrix<T> const& words, M const& metric, std::vector<T> const& centre) {
    std::size_t const dim = column_count(words);
    std::vector<double> directions(static_cast<std::size_t>(words.size())), biases(row_count(words));
    for (std::size_t j = 0; j < biases.size(); ++j)
      biases[j] = metric.linear_form(std::span<T const>(row_span(words, static_cast<index_t>(j))),
                                     std::span(directions).subspan(j * dim, dim));
    panels_ = simd::word_panels<T>(directions, biases, centre);
    std::vector<T> const origin(dim, T(0));
    double const centre_length = farthest(centre.data(), 1, origin);
    double const word_length = farthest(words.data(), row_count(words), origin);
    double const spread = farthest(words.data(), row_count(words), centre);
    double const direction_length = farthest(directions.data(), biases.size(), std::vector<double>(dim, 0.0));
    set_slack(resolution_of(metric, word_length, direction_length, dim), centre_length, spread,
              centre_length + word_length);
  }

  [[nodiscard]] simd::word_panels<T> const& panels() const noexcept { return panels_; }

  void prepare(T const* x, std::size_t stride, std::size_t count, T* out, T* slacks) const noexcept {
    std::size_t const dim = panels_.dim();
    for (std::size_t i = 0; i < count; ++i)
      slacks[i] = slack(simd::centre_row(x + i * stride, panels_.centre().data(), dim, out + i * dim), 0);
  }

  /// The slack of a row of that length whose scores are off by `further` on top of what the panels say; infinite when
  /// they must not be trusted.
  [[nodiscard]] T slack(double length, double further) const noexcept {
    if (!panels_.in_range(length) || !(length < longest_)) return std::numeric_limits<T>::infinity();
    return detail::rounded_up<T>((slack_[0] + length * (slack_[1] + length * slack_[2]) + 2 * further) * (1 + 1e-9));
  }

  [[nodiscard]] SIDERA_ALWAYS_INLINE T lowest(T best, T slack) const noexcept {
    return detail::a_little_below(best - slack);
  }

 private:
  /// 2 E + R for a row whose distance from the centre of the panels is L, as a polynomial in L: |x| is at most
  /// L + `centre_length`, |x - word| at most L + `spread`, |x| + |word| at most L + `both`.
  void set_slack(score_resolution const& r, double centre_length, double spread, double both) noexcept {
    slack_[0] = 2 * panels_.score_error_at_zero() + r.absolute + r.per_length * centre_length +
                r.per_difference * spread * spread + r.per_sum * both * both;
    slack_[1] = 2 * (panels_.score_error_per_length() + r.per_difference * spread + r.per_sum * both) + r.per_length;
    slack_[2] = r.per_difference + r.per_sum;
    longest_ = 1e150 - both;
  }

  /// A bound of the largest distance of `count` rows from a point; infinite when there is no such number.
  template <Scalar U>
  [[nodiscard]] static double farthest(U const* rows, std::size_t count, std::vector<U> const& from) {
    auto const step = [](auto sum, auto x, auto y) {
      auto const difference = x - y;
      return simd::multiply_add(difference, difference, sum);
    };
    double most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      double const square = simd::exact_sum(from.size(), step, rows + i * from.size(), from.data());
      double const length = std::sqrt(square + 1e-300) * (1 + 1e-9);
      most = length <= most ? most : (length == length ? length : std::numeric_limits<double>::infinity());
    }
    return most;
  }

  simd::word_panels<T> panels_;
  double slack_[3] = {};  ///< coefficients of 1, L and L^2
  double longest_ = 0;    ///< rows beyond overflow somewhere
};

/// Sums of terms; the score is minus the distance. No term is negative, so a
/// computed sum is off by a relative error of at most gamma = k u / (1 - k u),
/// k = dim + term_roundings: with s <= s_best the scores of the nearest word
/// and of the best computed one, s >= s_best (1 + gamma) / (1 - gamma), to
/// which exact_distance adds as much in double.
template <Scalar T, TermMetric M>
class score_rules<T, M> {
 public:
  score_rules(matrix<T> const& words, M const&)
      : panels_(simd::word_panels<T>::as_they_are({words.data(), static_cast<std::size_t>(words.size())},
                                                  column_count(words))) {
    constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    double const k = (static_cast<double>(column_count(words)) + static_cast<double>(M::term_roundings) + 8) * u;
    factor_ = k < 0.1 ? detail::rounded_up<T>(1 + 5 * k) : std::numeric_limits<T>::infinity();
    usable_ = all_finite(std::span<T const>(words.data(), static_cast<std::size_t>(words.size())));
  }

  [[nodiscard]] simd::word_panels<T> const& panels() const noexcept { return panels_; }

  void prepare(T const* x, std::size_t stride, std::size_t count, T* out, T* slacks) const noexcept {
    for (std::size_t i = 0; i < count; ++i) std::copy_n(x + i * stride, panels_.dim(), out + i * panels_.dim());
    std::fill_n(slacks, count, usable_ ? T(0) : std::numeric_limits<T>::infinity());
  }
  template <class Batch>
  [[nodiscard]] SIDERA_ALWAYS_INLINE Batch operator()(Batch sum, Batch x, Batch w) const noexcept {
    return sum - M::term(x, w);
  }
  /// Sums that overflow are no bound: they exclude nothing.
  [[nodiscard]] SIDERA_ALWAYS_INLINE T lowest(T best, T) const noexcept { return best * factor_; }

 private:
  simd::word_panels<T> panels_;
  T factor_ = 1;
  bool usable_ = true;
};

}  // namespace sidera::inline SIDERA_ABI
