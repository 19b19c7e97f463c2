// SPDX-License-Identifier: MIT
#pragma once
/// \file  Agreement of two labellings in terms of pairs of rows, and purity.
#include <cmath>
#include <sidera/evaluation/contingency.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {
[[nodiscard]] inline double sum_of_squares(std::vector<std::int64_t> const& counts) noexcept {
  double sum = 0;
  for (std::int64_t const n : counts) sum += static_cast<double>(n) * static_cast<double>(n);
  return sum;
}
[[nodiscard]] inline double sum_of_squares(contingency_table const& t) noexcept {
  double sum = 0;
  for (auto const& cell : t.cells) sum += static_cast<double>(cell.count) * static_cast<double>(cell.count);
  return sum;
}
}  // namespace detail

/// Adjusted Rand index (Hubert and Arabie 1985): share of pairs on which both agree, corrected for chance. 1 for equal
/// partitions, about 0 for independent ones; may be negative.
[[nodiscard]] inline double adjusted_rand_index(contingency_table const& t) noexcept {
  if (t.same_partition()) return 1;
  double const n = static_cast<double>(t.total);
  double const both = detail::sum_of_squares(t), rows = detail::sum_of_squares(t.row_sums),
               columns = detail::sum_of_squares(t.column_sums);
  double const together = both - n;      // ordered pairs together in both
  double const only_rows = rows - both;  // together in the rows' labelling alone
  double const only_columns = columns - both;
  double const apart = n * n - rows - columns + both;
  return 2 * (together * apart - only_rows * only_columns) /
         ((together + only_rows) * (only_rows + apart) + (together + only_columns) * (only_columns + apart));
}

/// Geometric mean of pairwise precision and recall (Fowlkes and Mallows 1983); 0 if no pair is together in both.
[[nodiscard]] inline double fowlkes_mallows_index(contingency_table const& t) noexcept {
  double const n = static_cast<double>(t.total), together = detail::sum_of_squares(t) - n;
  if (together <= 0) return 0;
  return std::sqrt(together / (detail::sum_of_squares(t.row_sums) - n)) *
         std::sqrt(together / (detail::sum_of_squares(t.column_sums) - n));
}

/// sum over columns (clusters) of their largest cell / n: the share of rows in the majority class (row) of their
/// cluster.
[[nodiscard]] inline double purity(contingency_table const& t) {
  std::vector<std::int64_t> largest(t.column_sums.size(), 0);
  for (auto const& cell : t.cells) largest[cell.column] = std::max(largest[cell.column], cell.count);
  double sum = 0;
  for (std::int64_t const n : largest) sum += static_cast<double>(n);
  return sum / static_cast<double>(t.total);
}

/// The same from labels and clusters, one per row each; rows where one is negative are skipped.
[[nodiscard]] inline double adjusted_rand_index(std::span<code_t const> a, std::span<code_t const> b) {
  return adjusted_rand_index(contingency_table(a, b));
}
[[nodiscard]] inline double purity(std::span<code_t const> labels, std::span<code_t const> clusters) {
  return purity(contingency_table(labels, clusters));
}

}  // namespace sidera::inline SIDERA_ABI
