// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/stop_gradient.hpp>
#include <sidera/losses/mse.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mse(z, stop_gradient(word)): features stay near the words that they chose; van den Oord et al., "Neural discrete
/// representation learning" (NeurIPS 2017), eq. 3. Both N x D.
template <Scalar T>
[[nodiscard]] variable<T> commitment(variable<T> z, variable<T> word) {
  return mse(z, stop_gradient(word));
}

/// How much the commitment of a modality to its own words weighs, and to the words of each other modality.
struct commitment_weights {
  double own = 0.25;
  double cross = 0.125;

  /// DCID (Xia et al., NeurIPS 2023), eq. 8: beta and beta / 2.
  [[nodiscard]] static commitment_weights paper(double beta = 0.25) { return {beta, beta / 2}; }
  /// The released code: 2 beta, and beta for two modalities or beta / 2 for each other one of three.
  [[nodiscard]] static commitment_weights released(std::size_t modalities, double beta = 0.25) {
    return {2 * beta, modalities == 2 ? beta : beta / 2};
  }
};

/// L_m = own mse(z^m, sg(e^m)) + cross sum over o != m of mse(z^m, sg(e^o)), summed over m. Entry m of `z` and `words`
/// is one modality, all N x D and row by row the same moments.
template <Scalar T>
[[nodiscard]] variable<T> cross_modal_commitment(std::span<variable<T> const> z, std::span<variable<T> const> words,
                                                 commitment_weights weights = {}) {
  if (z.empty() || z.size() != words.size())
    throw shape_error("cross_modal_commitment", std::to_string(z.size()) + " modalities with " +
                                                    std::to_string(words.size()) + " matrices of words");
  variable<T> total = z.front().owner().constant(T(0));
  for (std::size_t m = 0; m < z.size(); ++m)
    for (std::size_t o = 0; o < z.size(); ++o)
      if (double const w = m == o ? weights.own : weights.cross; w != 0) total = total + w * commitment(z[m], words[o]);
  return total;
}

}  // namespace sidera::inline SIDERA_ABI
