// SPDX-License-Identifier: MIT
#pragma once
/// \file  Names on the command line become types: each branch is one compile-time composition of policies.
#include <sidera/codebooks/progressive_dimensions.hpp>
#include <sidera/codebooks/random_rows.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/optimized_rotation.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/coordinate_median.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

#include "settings.hpp"

namespace program {

/// The initialiser that the command line names: random, progressive or kmeans++.
struct chosen_initialiser {
  std::string which;

  void save(sidera::field_set& f) const { f.metadata["initialiser"] = which; }

  template <sidera::Scalar T, class M>
  [[nodiscard]] sidera::codebook<T> operator()(sidera::matrix_cref<T> const& x, std::size_t words, M const& metric,
                                               sidera::initialiser_context const& context) const {
    if (which == "random") return sidera::random_rows{}(x, words, metric, context);
    if (which == "progressive") return sidera::progressive_dimensions{}(x, words, metric, context);
    return sidera::kmeans_plus_plus{}(x, words, metric, context);
  }
};

inline sidera::residual_quantizer_options residual_options(settings const& s) {
  return {.levels = s.levels,
          .words_per_level = s.words_per_level(),
          .iterations = s.iterations,
          .restarts = s.restarts,
          .beam = s.beam,
          .seed = s.seed};
}

template <class M, class U>
sidera::any_quantizer<float> with_scheme(settings const& s, M metric, U rule) {
  chosen_initialiser const init{s.init};
  if (s.scheme == "pq" || s.scheme == "opq") {
    sidera::product_quantizer_options const options{.subspaces = s.levels,
                                                    .words = s.words.front(),
                                                    .iterations = s.iterations,
                                                    .restarts = s.restarts,
                                                    .seed = s.seed};
    sidera::optimized_rotation rotation;
    if (s.scheme == "pq") rotation.rounds = 0;  // no rotation at all, and half the instantiations
    return sidera::product_quantizer(options, metric, rule, rotation, init);
  }
  sidera::prefix_residual const scheme{.weight = s.scheme == "psrq" ? s.prefix_weight : 0};
  return sidera::residual_quantizer(residual_options(s), metric, rule, scheme, init);
}

template <class M>
sidera::any_quantizer<float> with_rule(settings const& s, M metric) {
  using centre = typename M::representative_type;
  if constexpr (std::same_as<centre, sidera::representative::median>) {
    if (s.update != "lloyd")
      throw std::invalid_argument("--metric l1 is trained by medians: only --update lloyd goes with it");
    return with_scheme(s, metric, sidera::coordinate_median{});
  } else {
    if (s.update == "minibatch") return with_scheme(s, metric, sidera::basic_mini_batch<centre>{});
    if (s.update == "ema") return with_scheme(s, metric, sidera::basic_ema<centre>{});
    if (s.update == "balanced") return with_scheme(s, metric, sidera::basic_balanced<centre>{});
    return with_scheme(s, metric, sidera::basic_lloyd<centre>{});
  }
}

/// The compositions of one metric, each in a unit of its own, so that they are compiled side by side.
[[nodiscard]] sidera::any_quantizer<float> cosine_quantizer(settings const& s);
[[nodiscard]] sidera::any_quantizer<float> inner_product_quantizer(settings const& s);
[[nodiscard]] sidera::any_quantizer<float> manhattan_quantizer(settings const& s);
[[nodiscard]] sidera::any_quantizer<float> squared_euclidean_quantizer(settings const& s);

}  // namespace program
