// SPDX-License-Identifier: MIT
#pragma once
/// \file  Metrics that hold numbers per column: those of a part of the columns, and of rows that stand side by side.
#include <cstddef>
#include <numeric>
#include <sidera/metrics/concepts.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// A metric whose columns are not all alike.
///
/// Syntax:    `m.on_columns(columns)` -> M  for rows of which only these columns are left, in this order
///            `m.on_rows_of(dim)` -> M      for rows of `dim` columns, or several of them side by side: column d counts
///                                          as column d % dim ([residual ; prefix] of PSRQ)
///            `m.require_dim(dim)`          see \ref Metric
/// Models:    \ref weighted_squared_euclidean.
template <class M>
concept ColumnMetric = Metric<M> && requires(M const& m, std::span<std::ptrdiff_t const> columns, std::size_t dim) {
  { m.on_columns(columns) } -> std::same_as<M>;
  { m.on_rows_of(dim) } -> std::same_as<M>;
  m.require_dim(dim);
};

/// The metric for a level of a residual quantizer of `dim` columns, whose queries are one or two such rows wide.
template <Metric M>
[[nodiscard]] M metric_on_rows_of(M const& metric, std::size_t dim) {
  if constexpr (ColumnMetric<M>)
    return metric.on_rows_of(dim);
  else
    return metric;
}

/// The metric for `count` columns of rows of `dim` columns, from `first` on. Throws what require_dim throws.
template <Metric M>
[[nodiscard]] M metric_on_part(M const& metric, std::size_t dim, std::size_t first, std::size_t count) {
  if constexpr (ColumnMetric<M>) {
    metric.require_dim(dim);
    std::vector<std::ptrdiff_t> columns(count);
    std::iota(columns.begin(), columns.end(), static_cast<std::ptrdiff_t>(first));
    return metric.on_columns(columns);
  } else {
    return metric;
  }
}

}  // namespace sidera::inline SIDERA_ABI
