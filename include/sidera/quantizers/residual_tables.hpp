// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual encoding from one product: tables, and how far their scores can be off.
#include <sidera/quantizers/level_tables.hpp>
#include <sidera/simd/nearest.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Scores of all levels from the sample itself, for squared Euclidean distance and queries [residual ; weight *
/// prefix]; \ref greedy_tables and \ref beam_tables encode with them.
///
/// With words [A_l ; weight B_l] and prefix p = sum_{m<l} A_m[i_m], the nearest word of level l is the one with the
/// largest
///   <x, A_l[j]> - n_l[j] / 2 - sum_{m<l} <A_m[i_m], A_l[j] - weight^2 B_l[j]>,  n_l = |A_l|^2 + weight^2 |B_l|^2:
/// one product with the stacked words, then one table row per earlier level. PSRQ costs as much as RQ. The distances do
/// not change when x, A_1 and the B_l are moved by one point, here the mean of A_1, so data far away do not cancel.
///
/// What scores leave open, for the roundings of theirs and of the plain encoder, is decided level by level. So both
/// ways give the same codes, always.
template <Scalar T>
class residual_tables {
 public:
  using level_type = level_tables<T>;

  static constexpr std::size_t most_levels = level_tables_builder<T>::most_levels;
  static constexpr std::size_t block_rows = 16 * simd::detail::tile_rows;  ///< that are centred together
  static_assert(block_rows % simd::detail::integer_tile_rows == 0, "a block is whole tiles of either kind");
  static constexpr double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;

  residual_tables() = default;
  residual_tables(std::vector<residual_level<T>> const& levels, std::size_t dim, double weight)
      : dim_(dim), weight_(static_cast<double>(static_cast<T>(weight))) {
    if (!level_tables_builder<T>::fits(levels)) return;
    row_vector<double> const origin = levels.front().explained.template cast<double>().colwise().mean();
    row_vector<T> const rounded = origin.template cast<T>();
    origin_length_ = std::sqrt(rounded.template cast<double>().squaredNorm());
    levels_ = level_tables_builder<T>(rounded, weight_).build(levels);
  }

  [[nodiscard]] bool usable() const noexcept { return !levels_.empty(); }
  [[nodiscard]] std::size_t level_count() const noexcept { return levels_.size(); }
  [[nodiscard]] level_type const& level(std::size_t l) const noexcept { return levels_[l]; }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

  /// What the scores of level l lose when level m < l has this code: level(l).stride numbers.
  [[nodiscard]] T const* table_row(std::size_t l, std::size_t m, code_t code) const noexcept {
    return levels_[l].tables[m].data() + static_cast<std::size_t>(code) * levels_[l].stride;
  }

  /// Of the plain encoder: residual and prefix are rounded at every level but the first, residuals are at most `reach`
  /// long, prefixes at most `reach` from the origin; a first prefix is exact, but its weighted one is rounded. So the
  /// rounding vectors e of level l have at most l u times that length, hardly more. They move half of a squared
  /// distance by <e, v>, where v is a word if all that matters is how words differ: |v| is at most `residual` for the
  /// residual and `prefix` for the prefix. The comparison in double adds terms of the order of 2^-53.
  [[nodiscard]] double plain_error(std::size_t l, double length, double residual, double prefix) const noexcept {
    constexpr double hardly_more = 1.01;
    level_type const& s = levels_[l];
    double const far = reach(l, length), away = origin_length_, rounded = static_cast<double>(l) * unit * hardly_more;
    double const all = far + away + s.largest_a + s.largest_b + prefix_reach(l, length);
    return rounded * (far * residual + prefix_reach(l, length) * prefix) +
           8 * (2 * static_cast<double>(dim_) + 8) * 0x1p-53 * all * all;
  }

  /// No residual of level l is longer.
  [[nodiscard]] double reach(std::size_t l, double length) const noexcept {
    for (std::size_t m = 0; m < l; ++m) length += levels_[m].largest_a;
    return length;
  }
  /// No weighted prefix of level l is longer.
  [[nodiscard]] double prefix_reach(std::size_t l, double length) const noexcept {
    return weight_ * (reach(l, length) + origin_length_);
  }
  /// Roundings of a term in scores from panels.
  [[nodiscard]] std::size_t whole_chain() const noexcept { return dim() + 1; }

 private:
  std::size_t dim_ = 0;
  double weight_ = 0, origin_length_ = 0;
  std::vector<level_type> levels_;
};

}  // namespace sidera::inline SIDERA_ABI
