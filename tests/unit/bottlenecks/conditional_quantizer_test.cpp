// SPDX-License-Identifier: MIT
/// \file  Words that depend on the levels before: the laws, the start, and data that need them.
#include <laws/quantizer_laws.hpp>
#include <sidera/bottlenecks/conditional_quantizer.hpp>
#include <sidera/quantizers/any_quantizer.hpp>

using namespace sidera;

TEST_CASE("Laws of quantizers: conditional words") {
  laws::quantizer_laws(any_quantizer<>(conditional_quantizer({.levels = 3, .words = 6, .hidden = 5, .epochs = 2})),
                       laws::clustered<float>(300, 7, 20, 1, 0.5));
}

TEST_CASE("conditional_words by hand: f(c | p) = c + relu(c A + p B + b) C") {
  conditional_words<double> w;
  w.words.resize(2, 1), w.words << 1, 5;
  w.from_word.resize(1, 2), w.from_word << 1, -1;
  w.from_prefix.resize(1, 2), w.from_prefix << 2, 0;
  w.bias.resize(1, 2), w.bias << -4, 3;
  w.out.resize(2, 1), w.out << 10, 100;
  matrix<double> const p = matrix<double>::Constant(1, 1, 2);
  matrix<double> expected(2, 1);
  expected << 1 + 10 * 1 + 100 * 2, 5 + 10 * 5 + 100 * 0;
  CHECK(w.given(w.words, p) == expected);
  CHECK(w.nearest(matrix<double>::Constant(1, 1, 60), p) == 1);
  CHECK(w.nearest(matrix<double>::Constant(1, 1, 133), p) == 0);  // as near to 55 as to 211: the lower code
  matrix<double> prefix = p;
  w.advance(1, prefix);
  CHECK(prefix(0, 0) == 57);
  w.bias.resize(1, 3);
  CHECK_THROWS_AS(w.check("test"), shape_error);
}

TEST_CASE("conditional_quantizer: without training it is residual k-means, and training never makes it worse") {
  auto const x = laws::clustered<float>(500, 6, 40, 2, 0.4);
  residual_quantizer kmeans({.levels = 3, .words = 8});
  auto const start = kmeans.fit(x);
  conditional_quantizer plain({.levels = 3, .words = 8, .epochs = 0});
  CHECK(plain.fit(x).codes == start.codes);
  CHECK(plain.decode(start.codes) == kmeans.decode(start.codes));
  conditional_quantizer hopeless({.levels = 3, .words = 8, .hidden = 4, .epochs = 2, .learning_rate = 30});
  CHECK(hopeless.fit(x).levels.back().relative_error <= start.levels.back().relative_error * (1 + 1e-6));
  std::size_t epochs = 0;
  observer const watch = [&](iteration_report const& r) { epochs += r.stage == "epoch"; };
  conditional_quantizer trained({.levels = 3, .words = 8, .hidden = 16, .epochs = 30, .batch = 64});
  double const error = trained.fit(x, {}, watch).levels.back().relative_error;
  MESSAGE("relative error: residual k-means " << start.levels.back().relative_error << ", conditional " << error);
  CHECK(error < 0.9 * start.levels.back().relative_error);
  CHECK(epochs == 30);
}

TEST_CASE("conditional_quantizer: details whose direction depends on the first word need words that depend on it") {
  // At +10 the second level finds +-1 along y, at -10 along z. Two words of residual k-means cover four points: the
  // best they can do is a half of the energy that is left.
  matrix<float> x(400, 3);
  for (index_t i = 0; i < x.rows(); ++i) {
    float const side = (i & 1) != 0 ? 1.f : -1.f, detail = (i & 2) != 0 ? 1.f : -1.f;
    x.row(i) << 10 * side, (side > 0 ? detail : 0), (side > 0 ? 0 : detail);
  }
  residual_quantizer kmeans({.levels = 2, .words = 2, .restarts = 8});
  double const without = kmeans.fit(x).levels.back().objective;
  conditional_quantizer model(
      {.levels = 2, .words = 2, .hidden = 16, .restarts = 8, .epochs = 150, .batch = 100, .learning_rate = 0.01});
  double const with = model.fit(x).levels.back().objective;
  MESSAGE("squared error per row: residual k-means " << without << ", conditional " << with);
  CHECK(without == doctest::Approx(0.5));
  CHECK(with < 1e-4);
}

TEST_CASE("conditional_quantizer: numbers near the end of the range are an error that says what to do") {
  auto x = laws::gaussian<float>(60, 4, 3);
  x *= 1e30f;
  conditional_quantizer<> q({.levels = 2, .words = 4, .hidden = 4, .epochs = 1});
  CHECK_THROWS_WITH_AS((void)q.fit(x), doctest::Contains("conditional_quantizer::fit: the networks cannot be trained"),
                       value_error);
  CHECK(!q.fitted());
  q = conditional_quantizer<>({.levels = 2, .words = 4, .epochs = 0});
  CHECK(q.fit(x).levels.back().relative_error < 1);
}

TEST_CASE("conditional_quantizer: what it refuses") {
  CHECK_THROWS_AS(conditional_quantizer({.levels = 0}), value_error);
  CHECK_THROWS_AS(conditional_quantizer({.hidden = 0}), value_error);
  CHECK_THROWS_AS(conditional_quantizer({.learning_rate = 0}), value_error);
  conditional_quantizer q({.levels = 2, .words = 3, .epochs = 0});
  (void)q.fit(laws::gaussian(20, 4, 1));
  CHECK_THROWS_AS((void)q.decode(code_matrix::Constant(1, 2, 3)), value_error);
  CHECK_THROWS_AS((void)q.decode(code_matrix::Zero(1, 3)), shape_error);
  CHECK(q.decode(code_matrix::Constant(1, 2, no_code)) == matrix<float>::Zero(1, 4));
}
