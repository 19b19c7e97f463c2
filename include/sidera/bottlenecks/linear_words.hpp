// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// SimVQ: words = basis W with a basis that stands still and a map W that the optimiser moves, so that a gradient of
/// one word moves all of them and none is left behind; Zhu et al., "Addressing representation collapse in vector
/// quantized models with one linear layer" (arXiv 2411.02038), section 4. A bottleneck starts at W = 1 and trains it
/// with the loss of \ref learned_words.
///
/// As an update rule it moves nothing, so `fit` of a quantizer with it keeps the words of the initialiser.
template <class Representative>
struct basic_linear_words {
  using representative_type = Representative;
  static constexpr std::string_view name = "linear_words";

  template <Scalar T>
  struct state {
    state(basic_linear_words const&, codebook<T> const&) {}
    void update(codebook<T>&, matrix_cref<T> const&, std::span<code_t const>) {}
  };
};

using linear_words = basic_linear_words<representative::mean>;
using linear_directions = basic_linear_words<representative::normalized_mean>;

static_assert(UpdateRule<linear_words> && UpdateRule<linear_directions>);

}  // namespace sidera::inline SIDERA_ABI
