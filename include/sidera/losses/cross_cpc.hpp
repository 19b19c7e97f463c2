// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/losses/info_nce.hpp>

namespace sidera::inline SIDERA_ABI {

/// What the softmax of contrastive prediction runs over.
enum class cpc_candidates {
  targets,      ///< which of the batch's futures does this context predict? DCID (NeurIPS 2023), eq. 6
  predictions,  ///< which of the batch's contexts predicts this future? The released code
};

struct cross_cpc_options {
  double cross_weight = 1;  ///< of a modality that predicts another one
  double own_weight = 0.1;  ///< of a modality that predicts itself
  cpc_candidates candidates = cpc_candidates::targets;
};

/// One term: L = mean_i -log softmax(<target_i, prediction_j>)_ii, with the softmax over the `candidates`. No
/// normalisation, no temperature. Both B x D: the features at step t + k, and what the contexts up to step t predict.
template <Scalar T>
[[nodiscard]] variable<T> contrastive_prediction(variable<T> target, variable<T> prediction,
                                                 cpc_candidates candidates = cpc_candidates::targets) {
  require_shapes(target.rows() == prediction.rows() && target.cols() == prediction.cols(), "contrastive_prediction",
                 target, prediction, "equal shapes");
  return candidates == cpc_candidates::predictions ? detail::matching_loss(matmul_nt(target, prediction))
                                                   : detail::matching_loss(matmul_nt(prediction, target));
}

/// Cross-CPC: the sum of \ref contrastive_prediction over all ordered pairs (target modality, predicting modality),
/// divided by `steps`, the number of predicted steps that the caller adds up. Entry m of both lists is one modality.
///
/// With predictions of zero it is (cross_weight M (M - 1) + own_weight M) ln B.
template <Scalar T>
[[nodiscard]] variable<T> cross_cpc(std::span<variable<T> const> targets, std::span<variable<T> const> predictions,
                                    cross_cpc_options options = {}, std::size_t steps = 1) {
  if (targets.empty() || targets.size() != predictions.size())
    throw shape_error("cross_cpc", std::to_string(targets.size()) + " targets with " +
                                       std::to_string(predictions.size()) + " predictions");
  variable<T> total = targets.front().owner().constant(T(0));
  for (std::size_t o = 0; o < targets.size(); ++o)
    for (std::size_t m = 0; m < predictions.size(); ++m)
      if (double const w = o == m ? options.own_weight : options.cross_weight; w != 0)
        total = total + w * contrastive_prediction(targets[o], predictions[m], options.candidates);
  return total / static_cast<double>(steps);
}

}  // namespace sidera::inline SIDERA_ABI
