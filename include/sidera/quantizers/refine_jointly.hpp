// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/quantizers/joint_refit.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Encodes and refits in turn, `rounds` times, and leaves the words of the round whose own codes had the lowest error:
/// encoding with refitted words finds other codes, and greedy search may lose what the refit won. Returns the error of
/// the model's codes before and after each round, rounds + 1 sums of squared differences over the rows of `x`.
///
/// For additive residuals: there a word that is searched is the word that is added.
template <Metric M, UpdateRule U, Initialiser I, DeadCodePolicy Z, Scalar T>
std::vector<double> refine_jointly(residual_quantizer<M, U, additive_residual, I, Z, T>& quantizer,
                                   std::type_identity_t<matrix_cref<T>> const& x, std::size_t rounds = 1,
                                   joint_refit_options options = {}, executor_ref executor = {}) {
  std::vector<double> errors;
  auto best = quantizer, current = quantizer;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t round = 0; round <= rounds; ++round) {
    std::vector<matrix<T>> words;
    for (std::size_t l = 0; l < current.level_count(); ++l) words.push_back(current.level(l).explained);
    auto refit = joint_refit<T>(x, current.encode(x, executor), std::move(words), options, executor);
    errors.push_back(refit.error_before);
    if (refit.error_before < lowest) lowest = refit.error_before, best = current;
    if (round == rounds) break;
    std::vector<residual_level<T>> levels;
    for (auto const& w : refit.words) levels.push_back({{w}, w});
    current.set_levels(std::move(levels), column_count(x));
  }
  quantizer = std::move(best);
  return errors;
}

}  // namespace sidera::inline SIDERA_ABI
