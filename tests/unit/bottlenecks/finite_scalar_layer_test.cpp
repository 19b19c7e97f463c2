// SPDX-License-Identifier: MIT
/// \file  Rounding layers: numbers and codes of the exported quantizer, the gradient of what is rounded.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <set>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/bottlenecks/finite_scalar_layer.hpp>
#include <sidera/layers/linear.hpp>
#include <sidera/losses/lookup_free_entropy.hpp>
#include <sidera/optimizers/optimizer.hpp>

using namespace sidera;

TEST_CASE("FSQ layer: codes and numbers of the exported quantizer, the gradient of tanh") {
  finite_scalar_layer const layer{.levels = {8, 5, 4}};
  matrix<double> const x = laws::gaussian<double>(50, 3, 1), weight = laws::gaussian<double>(50, 3, 2);
  tape<double> t;
  auto const z = t.input(x);
  auto const out = layer(z);
  auto const q = layer.quantizer<double>();
  CHECK(out.codes == q.encode(x));
  CHECK(matrix<double>(out.quantised.value()) == q.decode(out.codes));
  CHECK((out.quantised.value() - matrix<double>(x.array().tanh())).cwiseAbs().maxCoeff() <= 1.0 / 3 + 1e-12);
  t.backward(sum(out.quantised * t.constant(weight)));
  matrix<double> const expected = (weight.array() * (1 - x.array().tanh().square())).matrix();
  CHECK((z.gradient() - expected).cwiseAbs().maxCoeff() < 1e-12);
  CHECK_THROWS_AS((void)layer(t.input(x.leftCols(2))), shape_error);
}

TEST_CASE("LFQ layer: signs, with the gradient straight through") {
  auto const layer = finite_scalar_layer::lookup_free(3);
  matrix<double> x(2, 3);
  x << 0.1, -2, 0, -0.5, 7, 3;
  tape<double> t;
  auto const z = t.input(x);
  auto const out = layer(z);
  matrix<double> signs(2, 3);
  signs << 1, -1, -1, -1, 1, 1;
  CHECK(matrix<double>(out.quantised.value()) == signs);
  CHECK(out.codes == ((signs.array() + 1) / 2).matrix().cast<code_t>());
  t.backward(sum(out.quantised * t.constant(x)));
  CHECK(matrix<double>(z.gradient()) == x);
}

namespace {

/// How many of the 8 words of three sign bits are in use after an encoder has been trained with the entropy loss alone;
/// it starts with all rows on one side of every bit.
std::size_t words_in_use(double diversity) {
  matrix<float> x = 0.1f * laws::gaussian(256, 3, 5);  // around the corners of a cube
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t d = 0; d < 3; ++d) x(i, d) += (i >> d & 1) != 0 ? 1.f : -1.f;
  auto const layer = finite_scalar_layer::lookup_free(3);
  parameters<float> store;
  random_stream const random(2);
  linear<> const encoder(store, "encoder", 3, 3, random);
  store.value(encoder.bias).setConstant(3);
  optimizer<float> adam_steps(store, adam{.learning_rate = 0.02});
  for (int step = 0; step < 400; ++step) {
    tape<float> t(store);
    t.backward(lookup_free_entropy(encoder(t.constant(x)), {.temperature = 4, .diversity = diversity}));
    adam_steps.step(store);
    store.clear_gradients();
  }
  tape<float> t(std::as_const(store));
  auto const codes = layer(encoder(t.constant(x))).codes;
  std::set<std::vector<code_t>> seen;
  for (index_t i = 0; i < codes.rows(); ++i) seen.insert({codes(i, 0), codes(i, 1), codes(i, 2)});
  return seen.size();
}

}  // namespace

TEST_CASE("LFQ layer: the entropy of the batch opens words, that of the rows alone does not") {
  CHECK(words_in_use(0) == 1);
  CHECK(words_in_use(1) == 8);
}
