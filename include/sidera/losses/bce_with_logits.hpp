// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/softplus.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mean over all entries of softplus(x) - y x = -y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)), without overflow;
/// logits x and targets y in [0, 1] have the same shape.
template <Scalar T>
[[nodiscard]] variable<T> bce_with_logits(variable<T> logits, variable<T> targets) {
  require_shapes(logits.rows() == targets.rows() && logits.cols() == targets.cols(), "bce_with_logits", logits, targets,
                 "equal shapes");
  return mean(softplus(logits) - targets * logits);
}

}  // namespace sidera::inline SIDERA_ABI
