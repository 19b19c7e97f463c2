// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/batched_matmul.hpp>
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/log_sum_exp.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/transpose.hpp>

namespace sidera::inline SIDERA_ABI {

struct info_nce_options {
  double temperature = 0.1;
  bool both_sides = false;  ///< also the keys look for their queries; the mean of the two losses
};

namespace detail {

/// mean_i of -log softmax_j(scores)_ii.
template <Scalar T>
[[nodiscard]] variable<T> matching_loss(variable<T> scores) {
  return mean(log_sum_exp(scores) - diagonal(scores));
}

inline void require_temperature(double temperature, std::string_view function) {
  if (!(temperature > 0))
    throw value_error(function, "temperature is " + std::to_string(temperature) + ", expected > 0");
}

}  // namespace detail

/// L = mean_i -log softmax_j(cos(q_i, k_j) / temperature)_i: row i of the keys is the partner of query i, the others
/// are its negatives; van den Oord, Li and Vinyals (2018), eq. 4. `query` and `key` are N x D, N >= 1.
template <Scalar T>
[[nodiscard]] variable<T> info_nce(variable<T> query, variable<T> key, info_nce_options options = {}) {
  require_shapes(query.rows() == key.rows() && query.cols() == key.cols(), "info_nce", query, key, "equal shapes");
  detail::require_temperature(options.temperature, "info_nce");
  variable<T> const scores = matmul_nt(l2_normalise(query), l2_normalise(key)) / options.temperature;
  if (!options.both_sides) return detail::matching_loss(scores);
  return (detail::matching_loss(scores) + detail::matching_loss(transpose(scores))) * 0.5;
}

/// The same with given negatives: of M x D all queries share all M rows; of N M x D query i has rows i M .. i M + M - 1
/// (`paired`).
template <Scalar T>
[[nodiscard]] variable<T> info_nce(variable<T> query, variable<T> key, variable<T> negatives, bool paired,
                                   double temperature = 0.1) {
  require_shapes(query.rows() == key.rows() && query.cols() == key.cols(), "info_nce", query, key, "equal shapes");
  require_shapes(query.cols() == negatives.cols(), "info_nce", query, negatives, "equal columns");
  detail::require_temperature(temperature, "info_nce");
  variable<T> const q = l2_normalise(query), n = l2_normalise(negatives);
  variable<T> const positive = dot_over_columns(q, l2_normalise(key));
  if (paired)
    require_shapes(q.rows() != 0 && n.rows() % q.rows() == 0, "info_nce", query, negatives,
                   "as many negatives for every query");
  variable<T> const others = paired ? batched_matmul_nt(q, n, q.rows()) : matmul_nt(q, n);
  variable<T> const scores = concat_columns(positive, others) / temperature;
  return mean(log_sum_exp(scores) - positive / temperature);
}

}  // namespace sidera::inline SIDERA_ABI
