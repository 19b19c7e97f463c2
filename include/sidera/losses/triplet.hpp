// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/norm_over_columns.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mean_i max(0, |a_i - p_i| - |a_i - n_i| + margin); Schroff, Kalenichenko and Philbin, "FaceNet" (CVPR 2015),
/// eq. 2, with distances instead of their squares. All N x D.
template <Scalar T>
[[nodiscard]] variable<T> triplet(variable<T> anchor, variable<T> positive, variable<T> negative, double margin = 1) {
  require_shapes(anchor.rows() == positive.rows() && anchor.cols() == positive.cols(), "triplet", anchor, positive,
                 "equal shapes");
  require_shapes(anchor.rows() == negative.rows() && anchor.cols() == negative.cols(), "triplet", anchor, negative,
                 "equal shapes");
  return mean(relu(norm_over_columns(anchor - positive) - norm_over_columns(anchor - negative) + margin));
}

}  // namespace sidera::inline SIDERA_ABI
