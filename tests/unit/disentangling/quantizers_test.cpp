// SPDX-License-Identifier: MIT
/// \file  Any quantizer of the other tower as the codebook of DCID.
#include "combination.hpp"

#include <sidera/codebook_optimization/kept_channels.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/metrics/cosine.hpp>

using namespace sidera;

namespace {

template <class Q>
using light = dcid<Q, mlp_encoder, mlp_encoder, orthogonality_decoupler>;
using psrq = residual_quantizer<squared_euclidean, cross_modal_ema, prefix_residual>;

}  // namespace

TEST_CASE("RQ with MM-EMA") {
  combination::check<light<residual_quantizer<squared_euclidean, cross_modal_ema, additive_residual>>>();
}
TEST_CASE("PSRQ with MM-EMA, and TOC through the metric at every level") {
  auto const codes = combination::check<light<psrq>>();
  psrq const& trained = codes.quantizers().front();
  auto const kept = select_channels(channel_scores(toc_criterion{}, matrix<float>(trained.level(0).search.words)), 8);
  residual_quantizer<kept_channels<squared_euclidean>, lloyd, prefix_residual> toc({.levels = 2, .words = 8},
                                                                                   kept_channels<>(kept, 12));
  toc.set_levels({trained.level(0), trained.level(1)}, 12);
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  auto const x = codes.features(0, d.test[0]);
  CHECK(toc.encode(x).rows() == x.rows());
  residual_quantizer<kept_channels<squared_euclidean>, lloyd, prefix_residual> all({.levels = 2, .words = 8});
  all.set_levels({trained.level(0), trained.level(1)}, 12);
  CHECK(all.encode(x) == codes.encode(0, d.test[0]));
}
TEST_CASE("PQ with MM-EMA") {
  combination::check<light<product_quantizer<squared_euclidean, cross_modal_ema>>>();
}
TEST_CASE("Plain EMA") {
  combination::check<light<vector_quantizer<squared_euclidean, ema>>>();
}
TEST_CASE("Cosine with spherical EMA") {
  combination::check<light<vector_quantizer<cosine, spherical_ema>>>();
}
TEST_CASE("Learned words") {
  combination::check<light<residual_quantizer<squared_euclidean, learned_words, additive_residual>>>();
}
