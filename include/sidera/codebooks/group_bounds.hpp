// SPDX-License-Identifier: MIT
#pragma once
/// \file  What \ref bounded_search remembers of its rows from pass to pass.
#include <sidera/core/rounding.hpp>
#include <sidera/simd/aligned_buffer.hpp>
#include <sidera/simd/lane_mask.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// For every row: how near the words of each group can be at most, its own word left out, and how far its own word can
/// be at most. In single precision, moved to the safe side of each rounding.
class group_bounds {
 public:
  static constexpr std::size_t most_groups = 64;  ///< bits of an integer

  /// Forgets everything: no group is excluded.
  void reset(std::size_t rows, std::size_t groups) {
    groups_ = groups;
    stride_ = (groups + width - 1) / width * width;
    std::fill_n(lower_.reserve(rows * stride_), rows * stride_, 0.0f);
    upper_.assign(rows, std::numeric_limits<float>::infinity());
    moved_.assign(stride_, 0.0f);
  }

  /// By how much the words of every group may have come nearer: for the caller to set before \ref after_move.
  [[nodiscard]] std::vector<float>& moved() noexcept { return moved_; }

  /// The words have moved: lowers the bounds of row i, its own word by at most `own`, and returns the groups that are
  /// not excluded, as bits.
  [[nodiscard]] std::uint64_t after_move(std::size_t i, float own) noexcept {
    float* const lower = lower_.data() + i * stride_;
    upper_[i] = (upper_[i] + own) * above;
    for (std::size_t g = 0; g < stride_; g += width) {
      auto const moved = batch::load_aligned(lower + g) - simd::load<float>(moved_.data() + g);
      (moved - xsimd::abs(moved) * batch(2 * epsilon)).store_aligned(lower + g);
    }
    return near_groups(i);
  }

  /// The own word of row i is at most `distance` away; returns the groups that this does not exclude.
  [[nodiscard]] std::uint64_t own_word(std::size_t i, double distance) noexcept {
    upper_[i] = detail::rounded_up<float>(distance * (1 + 1e-6) + 1e-15);  // apart by more than distances are rounded
    return near_groups(i);
  }

  /// Numbers that \ref raise reads: one for every group, in whole registers.
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }

  /// No word of a group g but the own one is nearer than the square root of from - 2 best[g]; `best` is aligned, and
  /// infinite where nothing new is known.
  void raise(std::size_t i, double from, float const* best) noexcept {
    float* const lower = lower_.data() + i * stride_;
    batch const start(static_cast<float>(from)), size(std::abs(static_cast<float>(from)));
    for (std::size_t g = 0; g < stride_; g += width) {
      batch const twice = batch(2.0f) * batch::load_aligned(best + g);
      // `from` and the difference are rounded once each
      batch const square = (start - twice) - batch(2 * epsilon) * (size + xsimd::abs(twice));
      batch const bound = xsimd::sqrt(xsimd::max(square, batch(0.0f))) * batch(1 - 2 * epsilon);
      xsimd::max(batch::load_aligned(lower + g), bound).store_aligned(lower + g);
    }
  }

  /// Row i has another own word, which is nearer; the one before, in group g, is no nearer than the square root of
  /// `square`.
  void change_own_word(std::size_t i, std::size_t g, double square) noexcept {
    float& bound = lower_.data()[i * stride_ + g];
    bound = std::min(bound, static_cast<float>(std::sqrt(std::max(square, 0.0))) * (1 - 2 * epsilon));
  }
  /// Nothing is known of row i.
  void forget(std::size_t i) noexcept {
    std::fill_n(lower_.data() + i * stride_, groups_, 0.0f);
    upper_[i] = std::numeric_limits<float>::infinity();
  }

 private:
  using batch = simd::batch<float>;
  static constexpr std::size_t width = simd::width<float>;
  static constexpr float epsilon = std::numeric_limits<float>::epsilon(), above = 1 + 2 * epsilon;

  [[nodiscard]] std::uint64_t near_groups(std::size_t i) const noexcept {
    batch const upper(upper_[i]);
    std::uint64_t far = 0;
    for (std::size_t g = stride_; g > 0; g -= width)
      far = far << width % 64 |
            simd::lanes_at_least<float>(batch::load_aligned(lower_.data() + i * stride_ + g - width), upper);
    return ~far & (groups_ < 64 ? (std::uint64_t{1} << groups_) - 1 : ~std::uint64_t{0});
  }

  std::size_t groups_ = 0, stride_ = 0;
  simd::aligned_buffer<float> lower_;
  std::vector<float> upper_, moved_;
};

}  // namespace sidera::inline SIDERA_ABI
