// SPDX-License-Identifier: MIT
#pragma once
/// \file  Metrics as ops: the distances that a codebook is searched by, with a gradient.
#include <sidera/autodiff/ops/cosine.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_ij = m(a_i, b_j): rows of a x rows of b.
template <std::same_as<squared_euclidean> M, Scalar T>
[[nodiscard]] variable<T> metric_distances(M, variable<T> a, variable<T> b) {
  return squared_distances(a, b);
}
/// A row shorter than 1e-8 counts as that long.
template <std::same_as<cosine> M, Scalar T>
[[nodiscard]] variable<T> metric_distances(M, variable<T> a, variable<T> b) {
  return 1 - cosine_matrix(a, b);
}
/// Squared distances of columns that are multiplied by the roots of the weights.
template <std::same_as<weighted_squared_euclidean> M, Scalar T>
[[nodiscard]] variable<T> metric_distances(M const& metric, variable<T> a, variable<T> b) {
  metric.require_dim(a.cols());
  matrix<T> roots(1, static_cast<index_t>(a.cols()));
  for (std::size_t d = 0; d < a.cols(); ++d)
    roots(0, static_cast<index_t>(d)) = static_cast<T>(std::sqrt(metric.weight(d)));
  variable<T> const factors = a.owner().constant(roots);
  return squared_distances(a * factors, b * factors);
}

/// A metric whose distances have a gradient.
///
/// Syntax:    `metric_distances(m, a, b)` -> variable, rows of a x rows of b; found in the metric's own namespace
/// Semantics: entry (i, j) is m(a_i, b_j), but for rounding.
/// Models:    \ref squared_euclidean, \ref weighted_squared_euclidean, \ref cosine.
template <class M>
concept DifferentiableMetric = Metric<M> && requires(M const& m, variable<float> v) {
  { metric_distances(m, v, v) } -> std::same_as<variable<float>>;
};
static_assert(DifferentiableMetric<squared_euclidean> && DifferentiableMetric<weighted_squared_euclidean> &&
              DifferentiableMetric<cosine>);

}  // namespace sidera::inline SIDERA_ABI
