// SPDX-License-Identifier: MIT
#pragma once
/// \file  TOC on whole models of the quantisation tower.
#include <sidera/codebook_optimization/kept_channels.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// `trained` with its words, searched in `channels` of its rows alone, at every level (of PSRQ's queries in both
/// halves): what TOC argues for, as a model that is saved and loaded like any other. Words keep all their columns;
/// \ref slice_words takes the kept ones of what it decodes. With all channels the codes are those of `trained`.
///
/// Throws not_fitted_error, and value_error for channels that are not there or are named twice.
template <Metric M, UpdateRule U, ResidualScheme R, Initialiser I, DeadCodePolicy Z, Scalar T>
requires UpdateRuleFitsMetric<U, kept_channels<M>>
[[nodiscard]] residual_quantizer<kept_channels<M>, U, R, I, Z, T> on_channels(
    residual_quantizer<M, U, R, I, Z, T> const& trained, channel_list channels) {
  if (!trained.fitted()) throw not_fitted_error("on_channels", "the quantizer is not trained");
  auto const recipe = trained.recipe();
  residual_quantizer<kept_channels<M>, U, R, I, Z, T> optimised(recipe.options,
                                                                {std::move(channels), trained.dim(), recipe.metric},
                                                                recipe.rule, recipe.scheme, recipe.init, recipe.dead);
  std::vector<residual_level<T>> levels;
  for (std::size_t l = 0; l < trained.level_count(); ++l) levels.push_back(trained.level(l));
  optimised.set_levels(std::move(levels), trained.dim());
  return optimised;
}

/// The same of one codebook.
template <Metric M, UpdateRule U, Initialiser I, DeadCodePolicy Z, Scalar T>
requires UpdateRuleFitsMetric<U, kept_channels<M>>
[[nodiscard]] vector_quantizer<kept_channels<M>, U, I, Z, T> on_channels(vector_quantizer<M, U, I, Z, T> const& trained,
                                                                         channel_list channels) {
  if (!trained.fitted()) throw not_fitted_error("on_channels", "the quantizer is not trained");
  auto const recipe = trained.recipe();
  vector_quantizer<kept_channels<M>, U, I, Z, T> optimised(
      trained.options(), {std::move(channels), trained.dim(), recipe.metric}, recipe.rule, recipe.init, recipe.dead);
  optimised.set_words(trained.words());
  return optimised;
}

}  // namespace sidera::inline SIDERA_ABI
