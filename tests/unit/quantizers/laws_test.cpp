// SPDX-License-Identifier: MIT
/// \file  Every quantizer keeps the laws of its concept, with the policies that change its training.
#include <laws/quantizer_laws.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/optimized_rotation.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/residual_schemes/normalized.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

using namespace sidera;

namespace {
// More rows than one block of the executor, so that threads have something to share.
matrix<float> rows() {
  return laws::clustered<float>(1100, 7, 20, 1, 0.5);
}

void keeps_laws(any_quantizer<> const& prototype, laws::quantizer_traits traits = {}) {
  laws::quantizer_laws(prototype, rows(), traits);
}
}  // namespace

TEST_CASE("Laws of quantizers: residual quantizers") {
  SUBCASE("RQ") {
    keeps_laws(residual_quantizer({.levels = 3, .words = 8}));
  }
  SUBCASE("PSRQ") {
    keeps_laws(
        residual_quantizer({.levels = 3, .words = 8}, squared_euclidean{}, lloyd{}, prefix_residual{.weight = 1}));
  }
  SUBCASE("PSRQ trained and encoded with a beam") {
    keeps_laws(residual_quantizer({.levels = 3, .words_per_level = {8, 4, 6}, .beam = 3}, squared_euclidean{}, lloyd{},
                                  prefix_residual{.weight = 0.5}));
  }
  SUBCASE("cosine, normalised residuals") {
    keeps_laws(residual_quantizer({.levels = 3, .words = 8}, cosine{}, spherical_mean{}, normalized_residual{}));
  }
  SUBCASE("Manhattan") {
    keeps_laws(residual_quantizer({.levels = 2, .words = 5}, manhattan{}));
  }
}

TEST_CASE("Laws of quantizers: vector quantizers and update rules") {
  SUBCASE("mini-batches") {
    keeps_laws(vector_quantizer({.words = 9, .iterations = 4}, squared_euclidean{}, mini_batch{.batch_size = 128}));
  }
  SUBCASE("moving averages") {
    keeps_laws(
        vector_quantizer({.words = 9, .iterations = 4}, squared_euclidean{}, ema{.decay = 0.9, .batch_size = 100}));
  }
  SUBCASE("balanced") {
    keeps_laws(vector_quantizer({.words = 9}, squared_euclidean{}, balanced{}), {.trains_with_nearest_words = false});
  }
}

TEST_CASE("Laws of quantizers: product quantizers") {
  SUBCASE("PQ with groups of unequal width") {
    keeps_laws(product_quantizer({.subspaces = 3, .words = 6}));
  }
  SUBCASE("OPQ") {
    keeps_laws(
        product_quantizer({.subspaces = 2, .words = 6}, squared_euclidean{}, lloyd{}, optimized_rotation{.rounds = 3}));
  }
}
