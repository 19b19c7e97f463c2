// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/communicators/rows_fingerprint.hpp>
#include <sidera/core/order_free_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// What the pass in front of a level finds out about the rows beside its sample; one per worker, merged in any order.
struct level_survey {
  column_scales scales;      ///< of the queries of the level
  order_free_sum left_over;  ///< squared lengths of the residuals: what the levels before have not explained
  order_free_sum deviation;  ///< squared distances of the rows from their mean
  rows_fingerprint rows;     ///< where a checkpoint needs it

  /// For queries of `width` columns.
  explicit level_survey(std::size_t width) : scales(std::vector<double>(width, 0.0), 0) {}

  void merge(level_survey const& other) {
    scales.merge(other.scales);
    left_over.merge(other.left_over);
    deviation.merge(other.deviation);
    rows.merge(other.rows);
  }
};

}  // namespace sidera::inline SIDERA_ABI
