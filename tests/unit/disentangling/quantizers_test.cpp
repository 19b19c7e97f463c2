// SPDX-License-Identifier: MIT
/// \file  Any quantizer of the other tower as the codebook of DCID.
#include "combination.hpp"

#include <sidera/codebook_optimization/on_channels.hpp>
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
TEST_CASE("PSRQ with MM-EMA, and TOC at every level of the whole model") {
  auto const codes = combination::check<light<psrq>>();
  auto const best = [](psrq const& q, std::size_t count) {
    return select_channels(channel_scores(toc_criterion{}, matrix<float>(q.level(0).search.words)), count);
  };
  auto const x = digits::load({"fou", "zer", "mor"}, 160).test[0];
  auto const all = codes.with_quantizers([&](psrq const& q, std::size_t) { return on_channels(q, best(q, 12)); });
  CHECK(all.encode(0, x) == codes.encode(0, x));
  auto const few = codes.with_quantizers([&](psrq const& q, std::size_t) { return on_channels(q, best(q, 6)); });
  code_matrix const found = few.encode(0, x);
  CHECK(found != codes.encode(0, x));
  psrq const& trained = codes.quantizers().front();
  auto const first = requantise(codes.features(0, x), matrix<float>(trained.level(0).search.words), best(trained, 6));
  for (index_t i = 0; i < x.rows(); ++i) CHECK(found(i, 0) == first[static_cast<std::size_t>(i)]);
}
TEST_CASE("TOC on a model of one codebook: it is what requantise finds, and saved fields have the channels") {
  using model =
      dcid<vector_quantizer<squared_euclidean, cross_modal_ema>, mlp_encoder, mlp_encoder, orthogonality_decoupler>;
  auto const codes = combination::check<model>();
  auto const x = digits::load({"fou", "zer", "mor"}, 160).test[1];
  channel_list const kept{7, 0, 3, 4, 11};
  auto const optimised = codes.with_quantizers([&](auto const& q, std::size_t) { return on_channels(q, kept); });
  code_matrix const found = optimised.encode(1, x);
  auto const expected = requantise(codes.features(1, x), codes.quantizers().front().words(), kept);
  for (index_t i = 0; i < x.rows(); ++i) CHECK(found(i, 0) == expected[static_cast<std::size_t>(i)]);
  CHECK(optimised.decode(found).cols() == 12);
  auto loaded = codes.with_quantizers([&](auto const& q, std::size_t) { return on_channels(q, {0}); });
  loaded.load(optimised.fields());
  CHECK(loaded.encode(1, x) == found);
  auto plain = codes;
  CHECK_THROWS_AS(plain.load(optimised.fields()), value_error);  // another metric
  CHECK(plain.encode(1, x) == codes.encode(1, x));
  CHECK_THROWS_WITH_AS((void)on_channels(codes.quantizers().front(), {12}), doctest::Contains("channel 12 is kept"),
                       value_error);
  CHECK_THROWS_AS((void)on_channels(vector_quantizer<>(), {0}), not_fitted_error);
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
