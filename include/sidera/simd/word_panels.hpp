// SPDX-License-Identifier: MIT
#pragma once
/// \file  Score functions of many words, packed the way the search kernel
/// streams them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sidera/simd/aligned_buffer.hpp>
#include <sidera/simd/score_tile.hpp>
#include <span>
#include <vector>

namespace sidera::inline SIDERA_ABI::simd {

/// A bound that grows with the length of a row.
struct length_bound {
  double at_zero = 0, per_length = 0;
  [[nodiscard]] double operator()(double length) const noexcept { return at_zero + per_length * length; }
};

/// K score functions s_j(x) = <x, direction_j> + bias_j of rows of D numbers;
/// the best word has the largest score.
///
/// They are centred when they are packed. With m any point near the data and g
/// the mean direction,
///   s_j(x) - <x, g> = <x - m, direction_j - g> + (bias_j + <m, direction_j -
///   g>),
/// and <x, g> is the same for all words, as is the mean of the last bracket,
/// which is subtracted too. The centred form does not cancel for data far from
/// the origin.
///
/// Layout: panels of \ref words_per_panel words, [panel][d][word]; a bias of
/// -infinity fills the last panel.
template <Scalar T>
class word_panels {
 public:
  using row_entry = T;
  static constexpr std::size_t words_per_panel = detail::tile_vectors * width<T>;
  static constexpr std::size_t tile_rows = detail::tile_rows;  ///< that are scored together

  word_panels() = default;

  /// `directions` holds K rows of D numbers, `biases` K numbers, `centre` the
  /// point m (D numbers).
  word_panels(std::span<double const> directions, std::span<double const> biases, std::span<T const> centre)
      : word_panels(biases.size(), std::vector<T>(centre.begin(), centre.end())) {
    std::vector<double> const mean = mean_direction(directions);
    std::vector<double> moved(words_);
    for (std::size_t j = 0; j < words_; ++j) moved[j] = pack(j, directions.subspan(j * dim_, dim_), biases[j], mean);
    double const common = std::accumulate(moved.begin(), moved.end(), 0.0) / static_cast<double>(words_);
    for (std::size_t j = 0; j < words_; ++j) set_bias(j, moved[j] - common);
  }

  /// The numbers of K words of `dim` numbers as they are, with biases of zero:
  /// for scores that are not linear.
  [[nodiscard]] static word_panels as_they_are(std::span<T const> words, std::size_t dim) {
    word_panels out(words.size() / dim, std::vector<T>(dim, T(0)));
    for (std::size_t j = 0; j < out.words_; ++j) {
      for (std::size_t d = 0; d < dim; ++d) out.entry(j, d) = words[j * dim + d];
      out.bias_.data()[j] = T(0);
    }
    return out;
  }

  [[nodiscard]] std::size_t words() const noexcept { return words_; }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t panel_count() const noexcept { return (words_ + words_per_panel - 1) / words_per_panel; }
  [[nodiscard]] T const* panel(std::size_t p) const noexcept { return packed_.data() + p * words_per_panel * dim_; }
  [[nodiscard]] T const* bias(std::size_t p) const noexcept { return bias_.data() + p * words_per_panel; }
  [[nodiscard]] std::span<T const> centre() const noexcept { return centre_; }
  /// Entry d of direction_j - g.
  [[nodiscard]] T entry(std::size_t j, std::size_t d) const noexcept { return packed_.data()[place(j, d)]; }

  /// No matrix unit serves panels of numbers; see \ref integer_panels.
  [[nodiscard]] static constexpr bool wants_unit() noexcept { return false; }

  /// Entries of a row as \ref store_scores reads it.
  [[nodiscard]] std::size_t row_length() const noexcept { return dim_; }

  /// Writes the scores of panel p of the rows of one register tile, row r to scores[r * stride], aligned; one
  /// step(sum, x, w) per entry.
  template <class Step>
  void store_scores(T const* rows, std::size_t p, T* scores, std::size_t stride, Step const& step,
                    fetch_ahead ahead = {}) const noexcept {
    detail::store_scores<T>(rows, panel(p), bias(p), dim_, scores, stride, step, ahead);
  }

  /// How far a computed score of a row with |x - m| <= `length` can be from the
  /// real number it stands for.
  ///
  /// Let u be the unit roundoff of T, v = 2^-53, w = direction - g and b the
  /// moved bias as real numbers, L the length, W the longest |w|.
  ///   1. x - m and w are rounded once each, a product of the two is off by at
  ///   most (2 u + u^2) |x_d - m_d| |w_d|; b is
  ///      rounded once: u |b|.
  ///   2. The score is a chain of D multiply-adds from b. Every term passes at
  ///   most D + 1 roundings, so the chain is off
  ///      by at most gamma (|b| + sum |x_d - m_d| |w_d|), gamma = (D + 1) u /
  ///      (1 - (D + 1) u) (Higham, "Accuracy and Stability of Numerical
  ///      Algorithms", 3.1), with fused operations and without.
  ///   3. sum |x_d - m_d| |w_d| <= L W (Cauchy and Schwarz). 1 and 2 make
  ///   (gamma + 4 u) (|b| + L W); 4 u also pays for
  ///      their product.
  ///   4. w and b are computed in double: b sums D + 2 terms and is then moved
  ///   by the mean of all, together at most
  ///      4 (D + 4) v (|bias| + sum |m_d| (|w_d| + |g_d|)).
  ///   5. What underflows: an entry of w loses at most half the smallest number
  ///   t of T, in all t L sqrt(D); an operation
  ///      of the chain as much, in all 2 D t, less than D times the smallest
  ///      normal number.
  [[nodiscard]] double score_error(double length) const noexcept {
    return score_error_at_zero() + score_error_per_length() * length;
  }
  /// The same of a score whose terms pass at most `roundings` roundings each, D + 1 in the chain above.
  [[nodiscard]] double score_error(double length, std::size_t roundings) const noexcept {
    return score_error_after(roundings)(length);
  }
  /// The same for rows of any length.
  [[nodiscard]] length_bound score_error_after(std::size_t roundings) const noexcept {
    double const relative = relative_error(roundings);
    return {relative * largest_bias_ + absolute_, relative * largest_direction_ + tiny_};
  }
  [[nodiscard]] double score_error_at_zero() const noexcept { return relative_ * largest_bias_ + absolute_; }
  [[nodiscard]] double score_error_per_length() const noexcept { return relative_ * largest_direction_ + tiny_; }
  /// No score of such a row is larger than this in magnitude.
  [[nodiscard]] double score_limit(double length) const noexcept { return magnitude(length); }
  /// False when a score of such a row could leave the range of T: then it must
  /// not be trusted at all.
  [[nodiscard]] bool in_range(double length) const noexcept {
    double const limit = static_cast<double>(std::numeric_limits<T>::max()) / 4;
    return magnitude(length) < limit && largest_direction_ < limit && absolute_ < limit;
  }

 private:
  word_panels(std::size_t words, std::vector<T> centre)
      : words_(words),
        dim_(centre.size()),
        centre_(std::move(centre)),
        packed_(panel_count() * words_per_panel * dim_),
        bias_(panel_count() * words_per_panel) {
    relative_ = relative_error(dim_ + 1);
    tiny_ = std::sqrt(static_cast<double>(dim_)) * static_cast<double>(std::numeric_limits<T>::denorm_min());
    for (std::size_t j = words_; j < panel_count() * words_per_panel; ++j) fill(j);
  }

  /// gamma + 4 u of \ref score_error.
  [[nodiscard]] static double relative_error(std::size_t roundings) noexcept {
    constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    double const sum = static_cast<double>(roundings) * u;
    return sum < 0.5 ? (sum / (1 - sum) + 4 * u) * slack : infinity;
  }

  [[nodiscard]] double magnitude(double length) const noexcept { return largest_bias_ + length * largest_direction_; }

  [[nodiscard]] std::vector<double> mean_direction(std::span<double const> directions) const {
    std::vector<double> mean(dim_, 0.0);
    for (std::size_t j = 0; j < words_; ++j)
      for (std::size_t d = 0; d < dim_; ++d) mean[d] += directions[j * dim_ + d] / static_cast<double>(words_);
    return mean;
  }

  /// Writes the direction of word j; returns its moved bias.
  [[nodiscard]] double pack(std::size_t j, std::span<double const> direction, double bias,
                            std::vector<double> const& mean) {
    double square = 0, moved = bias, magnitude = std::abs(bias);
    for (std::size_t d = 0; d < dim_; ++d) {
      double const w = direction[d] - mean[d], m = static_cast<double>(centre_[d]);
      entry(j, d) = static_cast<T>(w);
      square += w * w;
      moved += m * w;
      magnitude += std::abs(m) * (std::abs(w) + std::abs(mean[d]));
    }
    auto const d = static_cast<double>(dim_);
    raise(largest_direction_, std::sqrt(square + 1e-300) * slack);
    raise(absolute_, 4 * (d + 4) * 0x1p-53 * magnitude + (d + 4) * static_cast<double>(std::numeric_limits<T>::min()));
    return moved;
  }

  void set_bias(std::size_t j, double bias) {
    bias_.data()[j] = static_cast<T>(bias);
    raise(largest_bias_, std::abs(bias) * slack);
  }

  /// The larger one; infinity when the value is no number: then no row is in
  /// range.
  static void raise(double& largest, double value) noexcept {
    largest = value <= largest ? largest : (value < infinity ? value : infinity);
  }

  void fill(std::size_t j) {
    for (std::size_t d = 0; d < dim_; ++d) entry(j, d) = T(0);
    bias_.data()[j] = -std::numeric_limits<T>::infinity();
  }

  [[nodiscard]] T& entry(std::size_t j, std::size_t d) noexcept { return packed_.data()[place(j, d)]; }
  [[nodiscard]] std::size_t place(std::size_t j, std::size_t d) const noexcept {
    return ((j / words_per_panel) * dim_ + d) * words_per_panel + j % words_per_panel;
  }

  static constexpr double slack = 1 + 1e-6;  ///< lengths are themselves rounded, by far less than this
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  std::size_t words_ = 0, dim_ = 0;
  std::vector<T> centre_;
  aligned_buffer<T> packed_, bias_;
  double largest_direction_ = 0, largest_bias_ = 0, relative_ = 0, absolute_ = 0, tiny_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI::simd
