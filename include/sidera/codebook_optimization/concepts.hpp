// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a channel criterion must offer: one score per column of a codebook.
#include <sidera/core/matrix.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {
template <class C, class T>
concept scores_channels = requires(C const& criterion, matrix_cref<T> const& words) {
  { criterion(words) } -> std::same_as<std::vector<double>>;
};
}  // namespace detail

/// Says how much a column (channel) of a codebook is worth keeping.
///
/// Syntax:    `criterion(words)` -> one score per column; `words` is N x D, of float or of double
/// Semantics: a larger score is better. A function of the words and of what the criterion holds: no labels, no
///            gradients. Scores are finite for finite words.
/// Models:    \ref toc_criterion, \ref similarity_criterion, \ref variance_criterion, \ref usage_weighted_criterion,
///            \ref paired_criterion.
template <class C>
concept ChannelCriterion = std::copyable<C> && detail::scores_channels<C, float> && detail::scores_channels<C, double>;

/// The scores of all channels of `words`; see \ref ChannelCriterion.
template <ChannelCriterion C, Scalar T>
[[nodiscard]] std::vector<double> channel_scores(C const& criterion, matrix<T> const& words) {
  return criterion(matrix_cref<T>(words));
}

}  // namespace sidera::inline SIDERA_ABI
