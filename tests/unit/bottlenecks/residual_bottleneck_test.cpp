// SPDX-License-Identifier: MIT
/// \file  Residual bottlenecks: level dropout, and the warm start of RQ-KMeans+.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/layers/mlp.hpp>

using namespace sidera;

namespace {

using rq_vae = bottleneck<residual_quantizer<squared_euclidean, learned_words>>;

struct dropping {
  parameters<float> store;
  rq_vae layer;

  explicit dropping(double rate)
      : layer(store, "words", {.sizes = {.words = 8, .levels = 4, .dim = 5}, .seed = 3, .level_dropout = rate}) {
    layer.start(store, laws::gaussian(200, 5, 1));
  }
  [[nodiscard]] code_matrix codes(matrix<float> const& x, pass p) const {
    tape<float> t(store);
    return layer(t.constant(x), {}, p).codes;
  }
};

}  // namespace

TEST_CASE("level_dropout: rows keep their first levels, and the words of those") {
  dropping const d(1);
  auto const x = laws::gaussian(4000, 5, 2);
  auto const whole = d.codes(x, {});
  CHECK(whole == d.layer.quantizer(d.store).encode(x));
  tape<float> t(d.store);
  auto const out = d.layer(t.constant(x), {}, {.training = true, .step = 7});
  std::array<int, 5> rows_with{};
  for (index_t i = 0; i < x.rows(); ++i) {
    auto const n = (out.codes.row(i).array() >= 0).count();
    CHECK(out.codes.row(i).head(n) == whole.row(i).head(n));  // a prefix
    ++rows_with[static_cast<std::size_t>(n)];
  }
  CHECK(rows_with[0] == 0);
  for (std::size_t n = 1; n <= 4; ++n) CHECK(std::abs(rows_with[n] - 1000) < 120);  // four standard deviations
  CHECK((out.words.value() - d.layer.quantizer(d.store).decode(out.codes)).cwiseAbs().maxCoeff() < 1e-6f);
  CHECK(d.codes(x, {true, 7}) == out.codes);
  CHECK(d.codes(x, {true, 8}) != out.codes);
  CHECK(dropping(0).codes(x, {true, 7}) == whole);
  auto const some = dropping(0.25).codes(x, {true, 7});
  auto const shorter = (some.col(3).array() < 0).count();
  CHECK(std::abs(static_cast<double>(shorter) / 4000 - 0.25 * 0.75) < 0.03);
}

TEST_CASE("level_dropout: a dropped level learns nothing from the row and does not count it") {
  dropping d(1);
  auto const x = laws::gaussian(1, 5, 2);
  for (std::uint64_t step = 0; step < 20; ++step) {
    tape<float> t(d.store);
    auto const out = d.layer(t.constant(x), {}, {true, step});
    d.store.clear_gradients();
    t.backward(out.word_loss);
    d.layer.clear_usage();
    d.layer.update(d.store, std::span<rq_vae::output const>(&out, 1));
    for (std::size_t l = 0; l < 4; ++l) {
      bool const kept = out.codes(0, static_cast<index_t>(l)) >= 0;
      parameter const p = d.store.find("words.words_" + std::to_string(l));
      CHECK((matrix<float>(d.store.gradient(p)).squaredNorm() > 0) == kept);
      CHECK((d.layer.usage(l)[0].perplexity() > 0) == kept);
    }
  }
}

TEST_CASE("bottleneck: stages that there are not are refused by name") {
  dropping const d(0);
  CHECK_NOTHROW((void)d.layer.usage(3));
  CHECK_THROWS_WITH_AS((void)d.layer.usage(4), "bottleneck: stage 4 is asked for, there are 4", value_error);
  CHECK_THROWS_AS((void)d.layer.idle(4), value_error);
  CHECK_THROWS_AS((void)d.layer.rule_state(4), value_error);
}

TEST_CASE("level_dropout: where it means nothing it is refused") {
  parameters<float> store;
  auto const options = bottleneck_options{.sizes = {.words = 8, .levels = 2, .dim = 6}, .level_dropout = 0.5};
  using groups = bottleneck<product_quantizer<squared_euclidean, ema>>;
  using soft = bottleneck<residual_quantizer<squared_euclidean, learned_words>, annealed_softmax>;
  CHECK_THROWS_AS(groups(store, "a", options), value_error);
  CHECK_THROWS_AS(soft(store, "b", options), value_error);
  CHECK_THROWS_AS(rq_vae(store, "c", {.level_dropout = 1.5}), value_error);
}

namespace {

/// The error of the task before the first and after the last of 100 steps of z = x + MLP(x), whose last layer is zero
/// at first, and the words of `layer` behind it.
template <class Start>
std::pair<double, double> train(matrix<float> const& x, Start start, code_matrix* first_codes) {
  parameters<float> store;
  rq_vae layer(store, "words", {.sizes = {.words = 8, .levels = 3, .dim = 5}});
  start(layer, store);
  mlp<> const encoder(store, "encoder", {5, 16, 5}, random_stream(1));
  store.value(encoder.last.weight).setZero();
  std::vector<double> errors;
  for (int step = 0; step < 100; ++step) {
    tape<float> t(store);
    auto const rows = t.constant(x);
    auto const z = rows + encoder(rows);
    auto const out = layer(z);
    if (step == 0 && first_codes != nullptr) *first_codes = out.codes;
    auto const task = mse(out.quantised, rows);
    errors.push_back(static_cast<double>(task.item()));
    store.clear_gradients();
    t.backward({{task}, {out.word_loss}, {commitment(z, out.words), 0.25f}});
    for (auto& g : store.groups())
      for (parameter const p : g.members) store.value(p) -= 0.02f * matrix<float>(store.gradient(p));
  }
  return {errors.front(), errors.back()};
}

}  // namespace

TEST_CASE("RQ-KMeans+: starts as residual k-means, and stays ahead of an RQ-VAE that starts from rows") {
  auto const x = laws::clustered<float>(400, 5, 30, 4, 0.3);
  residual_quantizer kmeans({.levels = 3, .words = 8});
  auto const fitted = kmeans.fit(x);
  code_matrix first_codes;
  auto const warm = train(
      x, [&](rq_vae& layer, parameters<float>& store) { layer.start_from(store, kmeans); }, &first_codes);
  auto const cold = train(
      x, [&](rq_vae& layer, parameters<float>& store) { layer.start(store, x); }, nullptr);
  CHECK(first_codes == fitted.codes);
  double const kmeans_error = static_cast<double>((x - kmeans.decode(fitted.codes)).squaredNorm()) / 2000;
  CHECK(warm.first == doctest::Approx(kmeans_error).epsilon(1e-5));
  MESSAGE("error at first and after 100 steps: RQ-KMeans+ " << warm.first << " " << warm.second << ", RQ-VAE "
                                                            << cold.first << " " << cold.second);
  CHECK(warm.first < 0.9 * cold.first);
  CHECK(warm.second < cold.second);
}
