// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/log.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// P_b = mean over time of softmax_i(-|z_bt - e_i| / temperature): how a clip uses the words; batch x K. z is
/// batch * time x D, `words` K x D.
template <Scalar T>
[[nodiscard]] variable<T> code_distribution(variable<T> z, variable<T> words, sequence_shape shape,
                                            double temperature = 1) {
  require_sequence(z, shape, "code_distribution");
  variable<T> const p = softmax(distances(z, words) / -temperature);
  return shape.time == 1 ? p : mean_over_time(p, shape);
}

/// Cross-modal code matching, CMCM: clips of two modalities that belong together use the words alike, and unlike other
/// clips; Liu et al., "Cross-modal discrete representation learning" (ACL 2022), eq. 5, as in DCID:
///   S_ij = sum_k P^a_ik log(P^b_jk + 1e-10) + P^b_ik log(P^a_jk + 1e-10),
///   L = -mean_i log(e^(S_ii + C) / (sum_j e^(S_ij + C) + 1e-5)),  C = max(-S).
/// `a` and `b` are distributions, batch x K, see \ref code_distribution. Equal S give ln(batch).
template <Scalar T>
[[nodiscard]] variable<T> code_matching(variable<T> a, variable<T> b) {
  require_shapes(a.rows() == b.rows() && a.cols() == b.cols(), "code_matching", a, b, "equal shapes");
  variable<T> const s = matmul_nt(a, log(b + 1e-10)) + matmul_nt(b, log(a + 1e-10));
  variable<T> const shifted = s + max(-s);
  return mean(log(sum_over_columns(exp(shifted)) + 1e-5) - diagonal(shifted));
}

}  // namespace sidera::inline SIDERA_ABI
