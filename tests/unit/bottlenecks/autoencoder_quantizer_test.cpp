// SPDX-License-Identifier: MIT
/// \file  Autoencoders as quantizers: the laws, what training and inference make of the same latents, the start.
#include <laws/quantizer_laws.hpp>
#include <sidera/bottlenecks/autoencoder_quantizer.hpp>
#include <sidera/quantizers/any_quantizer.hpp>

using namespace sidera;

namespace {

constexpr autoencoder_options small_autoencoder{
    .levels = 2, .words = 8, .hidden = 6, .latent = 3, .epochs = 2, .learning_rate = 1e-2};

/// A closed curve in six columns, evenly spaced.
[[nodiscard]] matrix<float> autoencoder_curve() {
  matrix<float> x(512, 6);
  for (index_t i = 0; i < x.rows(); ++i) {
    double const angle = 2 * 3.14159265358979 * static_cast<double>(i) / static_cast<double>(x.rows());
    for (index_t k = 0; k < 3; ++k) {
      x(i, 2 * k) = static_cast<float>(std::cos(static_cast<double>(k + 1) * angle));
      x(i, 2 * k + 1) = static_cast<float>(std::sin(static_cast<double>(k + 1) * angle));
    }
  }
  return x;
}

/// The words that training passes on are those that the trained quantizer finds.
template <class W>
void check_same_words(latent_words_options const& o) {
  parameters<float> store;
  typename W::template state<float> state(store, o);
  random_stream const random(4);
  matrix<float> z(200, static_cast<index_t>(W::latent(o)));
  for (index_t i = 0; i < z.size(); ++i)
    z.data()[i] = static_cast<float>(1.5 * random.normal(static_cast<std::uint64_t>(i)));
  state.start(store, z, {});
  std::vector<residual_level<float>> levels;
  for (auto const& w : state.words(store)) levels.push_back({{w}, w});
  REQUIRE(levels.size() == o.levels);
  CHECK(row_count(levels.front().explained) == o.words);
  residual_quantizer coder;
  coder.set_levels(levels, column_count(z));
  tape<float> t(store);
  variable<float> const latents = t.constant(z);
  matrix<float> const searched = W::bounded ? tanh(latents).value() : z;
  matrix<float> const passed_on = state(latents, pass{}).quantised.value();
  CHECK((coder.decode(coder.encode(searched)) - passed_on).cwiseAbs().maxCoeff() < 1e-5f);
}

}  // namespace

TEST_CASE("Laws of quantizers: autoencoders") {
  auto const x = laws::clustered<float>(120, 7, 10, 1, 0.5);
  laws::quantizer_laws(any_quantizer<>(autoencoder_quantizer<>(small_autoencoder)), x);
  laws::quantizer_laws(any_quantizer<>(autoencoder_quantizer<residual_words<linear_words>>(small_autoencoder)), x);
  laws::quantizer_laws(any_quantizer<>(autoencoder_quantizer<scalar_words>(small_autoencoder)), x);
  laws::quantizer_laws(any_quantizer<>(autoencoder_quantizer<sign_words>(small_autoencoder)), x);
}

TEST_CASE("latent words: what training passes on is what the trained quantizer finds") {
  check_same_words<residual_words<>>({.levels = 3, .words = 5, .latent = 4});
  check_same_words<residual_words<linear_words>>({.levels = 2, .words = 5, .latent = 4});
  for (std::size_t const words : {2u, 5u, 8u}) check_same_words<scalar_words>({.levels = 3, .words = words});
  for (std::size_t const words : {2u, 4u, 16u}) check_same_words<sign_words>({.levels = 2, .words = words});
}

TEST_CASE("sign_words: the columns of a level are the bits of its code, the first one the lowest") {
  parameters<float> store;
  sign_words::state<float> const state(store, {.levels = 2, .words = 4});
  auto const words = state.words(store);
  matrix<float> expected(4, 4);
  expected << 0, 0, -1, -1, 0, 0, 1, -1, 0, 0, -1, 1, 0, 0, 1, 1;
  CHECK(words[1] == expected);
  CHECK(words[0].leftCols(2) == expected.rightCols(2));
}

TEST_CASE("autoencoder_quantizer: RQ-KMeans+ starts at residual k-means of the scaled rows") {
  auto const x = laws::clustered<float>(300, 5, 20, 2, 0.4);
  autoencoder_quantizer<> untrained({.levels = 2, .words = 8, .hidden = 4, .residual = true, .epochs = 0, .seed = 3});
  auto const codes = untrained.fit(x).codes;
  residual_quantizer kmeans({.levels = 2, .words = 8, .seed = 3});
  matrix<float> const scaled = untrained.latents(x);
  CHECK(kmeans.fit(scaled).codes == codes);
  matrix<float> const centred = x.rowwise() - x.colwise().mean();
  CHECK((scaled * std::sqrt(centred.squaredNorm() / static_cast<float>(x.size())) - centred).cwiseAbs().maxCoeff() <
        1e-4f);
  double const start = untrained.fit(x).levels.back().relative_error;
  autoencoder_quantizer<> trained({.levels = 2, .words = 8, .hidden = 16, .residual = true, .epochs = 40, .seed = 3});
  double const end = trained.fit(x).levels.back().relative_error;
  MESSAGE("relative error: residual k-means " << start << ", RQ-KMeans+ " << end);
  CHECK(end < start);
}

TEST_CASE("autoencoder_quantizer: training lowers the error, on a closed curve") {
  auto const x = autoencoder_curve();
  auto const error = [&](auto quantizer) { return quantizer.fit(x).levels.back().relative_error; };
  autoencoder_options o{.levels = 2, .words = 4, .hidden = 32, .latent = 4, .epochs = 1, .learning_rate = 1e-2};
  double const first = error(autoencoder_quantizer<>(o));
  std::size_t epochs = 0;
  o.epochs = 40;
  observer const watch = [&](iteration_report const& r) { epochs += r.stage == "epoch"; };
  autoencoder_quantizer<> learned(o);
  double const last = learned.fit(x, {}, watch).levels.back().relative_error;
  CHECK(epochs == 40);
  CHECK(last < 0.7 * first);
  double const steps = error(autoencoder_quantizer<scalar_words>(o)),
               signs = error(autoencoder_quantizer<sign_words>(o));
  MESSAGE("relative error: RQ-VAE " << first << " to " << last << ", FSQ " << steps << ", LFQ " << signs);
  CHECK(steps < 0.6);
  CHECK(signs < 0.6);
}

TEST_CASE("autoencoder_quantizer: part of the levels, degenerate rows, options that make no sense") {
  auto const x = laws::clustered<float>(60, 4, 10, 3, 0.5);
  autoencoder_quantizer<> model(small_autoencoder);
  auto const codes = model.fit(x).codes;
  code_matrix cut = codes;
  cut.col(1).setConstant(no_code);
  CHECK(model.decode(cut) == model.decode(codes.leftCols(1)));
  CHECK_THROWS_AS((void)model.decode(code_matrix::Constant(1, 2, 8)), value_error);
  matrix<float> const equal = matrix<float>::Constant(20, 4, 3.f);
  autoencoder_quantizer<scalar_words> constant(small_autoencoder);
  CHECK(constant.fit(equal).levels.back().relative_error == 0);
  CHECK((constant.decode(constant.encode(equal)) - equal).cwiseAbs().maxCoeff() < 0.5f);
  CHECK_THROWS_AS(autoencoder_quantizer<>({.levels = 0}), value_error);
  CHECK_THROWS_AS(autoencoder_quantizer<>({.learning_rate = 0}), value_error);
  CHECK_THROWS_AS(autoencoder_quantizer<scalar_words>({.words = 1}), value_error);
  CHECK_THROWS_AS(autoencoder_quantizer<sign_words>({.words = 12}), value_error);
  CHECK_THROWS_AS(autoencoder_network<float>({.columns = 5, .latent = 4, .residual = true}, 1), value_error);
}

TEST_CASE("the sizes of a saved autoencoder are held against its tensors before memory is asked for") {
  autoencoder_quantizer<> q({.levels = 1, .words = 4, .hidden = 4, .latent = 2, .epochs = 1});
  q.fit(laws::gaussian(20, 3, 1));
  auto const codes = q.encode(laws::gaussian(20, 3, 1));
  for (auto const& [key, value] : {std::pair("hidden", "100000000000"),
                                   {"hidden", "18446744073709551615"},
                                   {"hidden", "0"},
                                   {"hidden", "5"},
                                   {"latent", "100000000000"},
                                   {"latent", "0"},
                                   {"columns", "100000000000"},
                                   {"levels", "99999999999"}}) {
    std::string const named = key, given = value;  // clang 14 captures no structured bindings
    CAPTURE(named);
    CAPTURE(given);
    auto f = q.fields();
    f.metadata[named] = given;
    CHECK_THROWS_AS(q.load(f), argument_error);
    CHECK(q.encode(laws::gaussian(20, 3, 1)) == codes);
  }
  CHECK_NOTHROW(q.load(q.fields()));
}
