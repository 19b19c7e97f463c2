// SPDX-License-Identifier: MIT
/// \file  Hierarchical DCID and FCID with several codebooks.
#include "combination.hpp"

#include <sidera/disentangling/fcid.hpp>
#include <sidera/disentangling/hierarchical_dcid.hpp>

using namespace sidera;

namespace {
using psrq = residual_quantizer<squared_euclidean, cross_modal_ema, prefix_residual>;
}

TEST_CASE("Hierarchical DCID with two codebooks") {
  auto const codes = combination::check<hierarchical_dcid<>>();
  CHECK(codes.quantizers().size() == 2);
  CHECK(codes.level_count() == 2);
}
TEST_CASE("Hierarchical DCID uses both codebooks, and for the same rows of both views") {
  auto const d = digits::load({"pix", "fou"}, 1000);
  hierarchical_dcid<>::options_type o;
  o.dim = 24, o.specific_dim = 16;
  o.objective.words = 24;
  o.objective.decoder_hidden = {32};
  o.general.hidden = o.specific.hidden = {48};
  o.decoupler.hidden = 16, o.decoupler.fit_steps = 2;
  o.second = o.objective;
  disentangling_model<hierarchical_dcid<>> model(
      o, {.epochs = 30, .batch = 75, .bypass_epochs = 5, .learning_rate = 3e-3});
  (void)model.fit(d.train);
  auto const codes = model.inference();
  code_matrix const a = codes.encode(0, d.train[0]), b = codes.encode(1, d.train[1]);
  for (index_t book = 0; book < 2; ++book) {
    CAPTURE(book);
    for (code_matrix const* of : {&a, &b}) {
      code_usage usage(24);
      usage.add(level_codes(*of, static_cast<std::size_t>(book)));
      MESSAGE("perplexity " << usage.perplexity());
      CHECK(usage.perplexity() > 12);
    }
    double const equal = (a.col(book).array() == b.col(book).array()).template cast<double>().mean();
    MESSAGE("equal codes " << equal);
    CHECK(equal > 0.4);
  }
}
TEST_CASE("FCID") {
  combination::check<fcid<>>();
}
TEST_CASE("FCID with PSRQ and gradient reversal") {
  auto const codes = combination::check<fcid<psrq, mlp_encoder, mlp_encoder, reversal_decoupler>>();
  CHECK(codes.level_count() == 2);
}
TEST_CASE("FCID trains on clips and encodes each step") {
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  auto options = combination::tiny<fcid<>::options_type>();
  options.time = 3;
  disentangling_model<fcid<>> model(options, {.epochs = 3, .batch = 10, .bypass_epochs = 1});
  (void)model.fit(d.train);
  auto const codes = model.inference();
  code_matrix const whole = codes.encode(0, d.train[0], 3), one = codes.encode(0, d.train[0], 1);
  CHECK(whole == one);  // a row at a time: the encoders are perceptrons
}
TEST_CASE("FCID needs a view beyond the fine ones") {
  auto const d = digits::load({"fou", "mor"}, 100);
  disentangling_model<fcid<>> model(combination::tiny<fcid<>::options_type>());
  CHECK_THROWS_WITH_AS((void)model.fit(d.train), doctest::Contains("2 views with 2 fine ones"), value_error);
}
