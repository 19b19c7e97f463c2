// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/bottlenecks/learned_words.hpp>

namespace sidera::inline SIDERA_ABI {

/// SimVQ: words = basis W with a basis that stands still and a map W that the optimiser moves, so that a gradient of
/// one word moves all of them and none is left behind; Zhu et al., "Addressing representation collapse in vector
/// quantized models with one linear layer" (arXiv 2411.02038). A bottleneck starts at W = 1 and trains it
/// with the loss of \ref learned_words; as an update rule it moves nothing, like those.
template <class Representative>
struct basic_linear_words : basic_learned_words<Representative> {
  static constexpr std::string_view name = "linear_words";
};

using linear_words = basic_linear_words<representative::mean>;
using linear_directions = basic_linear_words<representative::normalized_mean>;

static_assert(UpdateRule<linear_words> && UpdateRule<linear_directions>);

}  // namespace sidera::inline SIDERA_ABI
