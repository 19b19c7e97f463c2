// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebook_optimization/channel_moments.hpp>
#include <sidera/codebook_optimization/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Training-free optimisation of the codebook, TOC (arXiv 2403.05168): channels in which words differ, and in which
/// their values are not alike,
///   J_k = -lambda S_k + (1 - lambda) V_k,
/// with the mean product S_k of two different words and the unbiased variance V_k (\ref channel_moments), in closed
/// form: O(N D) and exact, where the definition is O(N^2 D).
///
/// On a centred codebook this is the variance alone. It sees the codebook only: where words split by modality, the
/// channels that tell modalities apart vary most and are kept; use \ref paired_criterion there.
struct toc_criterion {
  double lambda = 0.7;

  template <Scalar T>
  [[nodiscard]] std::vector<double> operator()(matrix_cref<T> const& words) const {
    return score(channel_moments::of<T>(words));
  }

  [[nodiscard]] std::vector<double> score(channel_moments const& moments) const {
    std::vector<double> scores(moments.mean.size());
    for (std::size_t k = 0; k < scores.size(); ++k)
      scores[k] = -lambda * moments.similarity[k] + (1 - lambda) * moments.variance[k];
    return scores;
  }
};

/// -S_k alone: some released scripts leave the variance out.
struct similarity_criterion {
  template <Scalar T>
  [[nodiscard]] std::vector<double> operator()(matrix_cref<T> const& words) const {
    return toc_criterion{.lambda = 1}(words);
  }
};

/// V_k alone. Unlike \ref toc_criterion it does not change when a channel is shifted, as quantization does not.
struct variance_criterion {
  template <Scalar T>
  [[nodiscard]] std::vector<double> operator()(matrix_cref<T> const& words) const {
    return toc_criterion{.lambda = 0}(words);
  }
};

/// \ref toc_criterion with words weighted by how often they are used: words that are dead, or were thrown far away,
/// have no say. Equal counts give \ref toc_criterion.
struct usage_weighted_criterion {
  std::vector<std::int64_t> counts = {};  ///< per word, for example code_usage::counts() on the training rows
  double lambda = 0.7;

  template <Scalar T>
  [[nodiscard]] std::vector<double> operator()(matrix_cref<T> const& words) const {
    return toc_criterion{.lambda = lambda}.score(channel_moments::of<T>(words, counts));
  }
};

static_assert(ChannelCriterion<toc_criterion> && ChannelCriterion<similarity_criterion> &&
              ChannelCriterion<variance_criterion> && ChannelCriterion<usage_weighted_criterion>);

}  // namespace sidera::inline SIDERA_ABI
