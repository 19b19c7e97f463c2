// SPDX-License-Identifier: MIT
#pragma once
/// \file  Linear score functions of many words, packed the way the search kernel streams them.
#include <cmath>
#include <limits>
#include <numeric>
#include <sidera/simd/aligned_buffer.hpp>
#include <sidera/simd/register_tile.hpp>
#include <span>
#include <vector>

namespace sidera::inline SIDERA_ABI::simd {

/// K score functions s_j(x) = <x, direction_j> + bias_j of rows of D numbers; the best word has the largest score.
///
/// They are centred when they are packed. With m any point near the data and g the mean direction,
///   s_j(x) - <x, g> = <x - m, direction_j - g> + (bias_j + <m, direction_j - g>),
/// and <x, g> is the same for all words, as is the mean of the last bracket, which is subtracted too. The centred form
/// does not cancel for data far from the origin.
///
/// Layout: panels of \ref words_per_panel words, [panel][d][word]; a bias of -infinity fills the last panel.
template <Scalar T>
class word_panels {
 public:
  static constexpr std::size_t words_per_panel = detail::tile_vectors * width<T>;

  word_panels() = default;

  /// `directions` holds K rows of D numbers, `biases` K numbers, `centre` the point m (D numbers).
  word_panels(std::span<double const> directions, std::span<double const> biases, std::span<T const> centre)
      : words_(biases.size()),
        dim_(centre.size()),
        centre_(centre.begin(), centre.end()),
        packed_(panel_count() * words_per_panel * dim_),
        bias_(panel_count() * words_per_panel) {
    std::vector<double> const mean = mean_direction(directions);
    std::vector<double> moved(words_);
    for (std::size_t j = 0; j < words_; ++j) moved[j] = pack(j, directions.subspan(j * dim_, dim_), biases[j], mean);
    double const common = std::accumulate(moved.begin(), moved.end(), 0.0) / static_cast<double>(words_);
    for (std::size_t j = 0; j < words_; ++j) set_bias(j, moved[j] - common);
    for (std::size_t j = words_; j < panel_count() * words_per_panel; ++j) fill(j);
  }

  [[nodiscard]] std::size_t words() const noexcept { return words_; }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t panel_count() const noexcept { return (words_ + words_per_panel - 1) / words_per_panel; }
  [[nodiscard]] T const* panel(std::size_t p) const noexcept { return packed_.data() + p * words_per_panel * dim_; }
  [[nodiscard]] T const* bias(std::size_t p) const noexcept { return bias_.data() + p * words_per_panel; }
  [[nodiscard]] std::span<T const> centre() const noexcept { return centre_; }

  /// How far a computed score of a row with |x - m| = `length` can be from the real number it stands for.
  ///
  /// With u the unit roundoff of T: x - m and direction - g are rounded once per entry (2u, and u for the bias), a
  /// chain of D multiply-adds started from the bias adds gamma = (D + 1) u / (1 - (D + 1) u) times |bias| + sum |x_d|
  /// |w_d| (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1; it holds with and without fused
  /// operations), and by Cauchy and Schwarz that sum is at most |x - m| |w|. Packing in double and underflow add
  /// constants.
  [[nodiscard]] double score_error(double length) const noexcept { return relative_ * magnitude(length) + absolute_; }
  /// No score of such a row is larger than this in magnitude.
  [[nodiscard]] double score_limit(double length) const noexcept { return magnitude(length); }
  /// False when a score of such a row could leave the range of T: then it must not be trusted at all.
  [[nodiscard]] bool in_range(double length) const noexcept {
    return magnitude(length) < static_cast<double>(std::numeric_limits<T>::max()) / 4;
  }

 private:
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
      magnitude += std::abs(m * w) + std::abs(m * mean[d]);
    }
    note_error(std::sqrt(square), magnitude);
    return moved;
  }

  void set_bias(std::size_t j, double bias) {
    bias_.data()[j] = static_cast<T>(bias);
    largest_bias_ = std::max(largest_bias_, std::abs(bias) * slack);
  }

  void fill(std::size_t j) {
    for (std::size_t d = 0; d < dim_; ++d) entry(j, d) = T(0);
    bias_.data()[j] = -std::numeric_limits<T>::infinity();
  }

  void note_error(double length, double magnitude) noexcept {
    constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2, u_double = 0x1p-53;
    auto const d = static_cast<double>(dim_);
    largest_direction_ = std::max(largest_direction_, length * slack);
    relative_ = ((d + 1) * u / (1 - (d + 1) * u) + 4 * u) * slack;
    absolute_ = std::max(
        absolute_, 4 * (d + 4) * u_double * magnitude + (d + 4) * static_cast<double>(std::numeric_limits<T>::min()));
  }

  [[nodiscard]] T& entry(std::size_t j, std::size_t d) noexcept {
    return packed_.data()[((j / words_per_panel) * dim_ + d) * words_per_panel + j % words_per_panel];
  }

  static constexpr double slack = 1 + 1e-6;  ///< lengths are themselves rounded, by far less than this

  std::size_t words_ = 0, dim_ = 0;
  std::vector<T> centre_;
  aligned_buffer<T> packed_, bias_;
  double largest_direction_ = 0, largest_bias_ = 0, relative_ = 0, absolute_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI::simd
