// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/log_sum_exp.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mean_i [log sum_j e^x_ij - (1 - smoothing) x_i,label - smoothing mean_j x_ij]; logits are N x C, one label per
/// row. Throws value_error with the row of a label that is no class.
template <Scalar T>
[[nodiscard]] variable<T> cross_entropy(variable<T> logits, std::span<code_t const> labels, double smoothing = 0) {
  if (labels.size() != logits.rows())
    throw shape_error("cross_entropy",
                      "logits are " + shape_text(logits) + ", there are " + std::to_string(labels.size()) + " labels");
  Eigen::Map<code_matrix const> const ids(labels.data(), static_cast<index_t>(labels.size()), 1);
  variable<T> const right = pick(logits, ids);
  variable<T> const aim = smoothing == 0 ? right : (1 - smoothing) * right + smoothing * mean_over_columns(logits);
  return mean(log_sum_exp(logits) - aim);
}

}  // namespace sidera::inline SIDERA_ABI
