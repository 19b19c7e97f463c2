// SPDX-License-Identifier: MIT
/// \file  Encoders and decouplers in one DCID, and TOC on its codebook.
#include "combination.hpp"

#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/requantise.hpp>
#include <sidera/disentangling/dcid.hpp>

using namespace sidera;

TEST_CASE("CLUB, and TOC by the paired criterion with requantising") {
  auto const codes = combination::check<dcid<>>();
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  matrix<float> const a = codes.features(0, d.train[0]), b = codes.features(1, d.train[1]);
  matrix<float> const& words = codes.quantizers().front().words();
  auto const scores = channel_scores(paired_criterion{{a.cast<double>(), b.cast<double>()}}, words);
  auto const every = select_channels(scores, 12), half = select_channels(scores, 6);
  auto const plain = codes.encode(0, d.train[0]);
  CHECK(requantise(a, words, every) == std::vector<code_t>(plain.data(), plain.data() + plain.size()));
  CHECK(requantise(a, words, half).size() == row_count(a));
}
TEST_CASE("Gradient reversal") {
  combination::check<dcid<mm_ema_codebook, mlp_encoder, mlp_encoder, reversal_decoupler>>();
}
TEST_CASE("HSIC") {
  combination::check<dcid<mm_ema_codebook, mlp_encoder, mlp_encoder, hsic_decoupler>>();
}
TEST_CASE("Orthogonality, transformer encoders") {
  combination::check<dcid<mm_ema_codebook, sequence_encoder, mlp_encoder, orthogonality_decoupler>>();
}

namespace {

/// A user's own: no gradient at all.
struct nothing {
  template <Scalar T>
  struct state {
    state(nothing, parameters<T>&, std::string const&, std::size_t, std::size_t, random_stream) {}
    variable<T> operator()(variable<T> general, variable<T>, sequence_shape, std::size_t) const {
      return general.owner().constant(T(0));
    }
  };
};
static_assert(Decoupler<nothing> && !Decoupler<int>);

}  // namespace

TEST_CASE("The mutual information bound falls, and its alarm knows features that say nothing") {
  auto const d = digits::load({"fou", "mor"}, 200);
  auto options = combination::tiny<dcid<>::options_type>();
  options.objective.weights.decouple = 1;
  disentangling_model<dcid<>> model(options, {.epochs = 4, .batch = 30, .bypass_epochs = 1});
  (void)model.fit(d.train);
  auto const& watch = model.architecture().stages().front().decouplers().front().collapse();
  CHECK(watch.variance > 0.1);  // layer norm keeps specific features alive
  CHECK_FALSE(watch.alarm());
  CHECK(watch_club<float>(-2.999F, matrix<float>::Zero(4, 6)).alarm());
}
