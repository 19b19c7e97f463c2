// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Words that are parameters: a bottleneck leaves them to the optimiser, which follows the gradient of
/// mean |stop_gradient(query) - word|^2 (and, where a gradient policy passes it on, that of the losses behind);
/// van den Oord et al. (NeurIPS 2017), eq. 3, second term.
///
/// As an update rule it moves nothing, so `fit` of a quantizer with it keeps the words of the initialiser.
template <class Representative>
struct basic_learned_words {
  using representative_type = Representative;
  static constexpr std::string_view name = "learned_words";

  template <Scalar T>
  struct state {
    state(basic_learned_words const&, codebook<T> const&) {}
    void update(codebook<T>&, matrix_cref<T> const&, std::span<code_t const>) {}
  };
};

using learned_words = basic_learned_words<representative::mean>;
using learned_directions = basic_learned_words<representative::normalized_mean>;

static_assert(UpdateRule<learned_words> && UpdateRule<learned_directions>);

}  // namespace sidera::inline SIDERA_ABI
