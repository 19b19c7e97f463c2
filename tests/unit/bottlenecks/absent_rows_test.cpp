// SPDX-License-Identifier: MIT
/// \file  Rows that lack the modality, in a bottleneck: nothing is made of them and nothing is learned from them.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>

using namespace sidera;

namespace {

constexpr std::array<std::uint8_t, 5> some_present{1, 0, 1, 0, 1};

/// A bottleneck of 4 words in 3 columns, started at rows.
template <class Q, class G>
struct absent_case {
  parameters<double> store;
  bottleneck<Q, G> layer;

  absent_case() : layer(store, "words", {.sizes = {.words = 4, .levels = 2, .dim = 3}, .seed = 3}) {
    layer.start(store, laws::gaussian<double>(40, 3, 1));
  }
};

/// Rows with flag 0 go on as they are, and the gradient comes back as it is; the others are as if they were alone.
template <class Q, class G>
void check_absent_rows() {
  absent_case<Q, G> const a;
  matrix<double> const rows = laws::gaussian<double>(5, 3, 2), weight = laws::gaussian<double>(5, 3, 4);
  matrix<double> const there = rows(std::vector<index_t>{0, 2, 4}, Eigen::all),
                       weight_there = weight(std::vector<index_t>{0, 2, 4}, Eigen::all);
  tape<double> t(a.store);
  variable<double> const z = t.input(rows), alone = t.input(there);
  auto const out = a.layer(z, some_present), expected = a.layer(alone);
  t.backward({{sum(out.quantised * t.constant(weight))}, {sum(expected.quantised * t.constant(weight_there))}});
  for (index_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    matrix<double> const passed = out.quantised.value().row(i), back = z.gradient().row(i);
    if (some_present[static_cast<std::size_t>(i)] == 0) {
      CHECK((out.codes.row(i).array() == no_code).all());
      CHECK((out.words.value().row(i).array() == 0).all());
      CHECK(passed == rows.row(i));
      CHECK(back == weight.row(i));
    } else {
      CHECK(out.codes.row(i) == expected.codes.row(i / 2));
      CHECK((passed - expected.quantised.value().row(i / 2)).norm() < 1e-12);
      CHECK((back - alone.gradient().row(i / 2)).norm() < 1e-12);
    }
  }
}

template <class Rule, class Metric = squared_euclidean>
using one_book = vector_quantizer<Metric, Rule, kmeans_plus_plus, relocate_far, double>;
template <class Rule>
using two_level_model =
    residual_quantizer<squared_euclidean, Rule, additive_residual, kmeans_plus_plus, relocate_far, double>;

}  // namespace

TEST_CASE("rows that lack the modality go through a bottleneck as they are, whatever the gradient policy") {
  check_absent_rows<one_book<ema>, straight_through_gradient>();
  check_absent_rows<one_book<ema>, rotation_gradient>();
  check_absent_rows<one_book<learned_words>, annealed_softmax>();
  check_absent_rows<two_level_model<ema>, straight_through_gradient>();
  check_absent_rows<two_level_model<ema>, rotation_gradient>();
  check_absent_rows<two_level_model<learned_words>, annealed_softmax>();
}

TEST_CASE("rows without a code neither enter the loss of learned words nor thin it out") {
  absent_case<two_level_model<learned_words>, straight_through_gradient> a;
  matrix<double> rows = laws::gaussian<double>(5, 3, 2);
  rows.row(1) *= 1000, rows.row(3) *= 1000;
  auto const gradients = [&](auto const& loss_of) {
    a.store.clear_gradients();
    tape<double> t(a.store);
    variable<double> const loss = loss_of(t);
    t.backward(loss);
    return std::tuple(loss.item(), a.store.gradient({0}), a.store.gradient({1}));
  };
  auto const [loss, first, second] =
      gradients([&](auto& t) { return a.layer(t.constant(rows), some_present).word_loss; });
  auto const [expected, expected_first, expected_second] = gradients([&](auto& t) {
    return a.layer(t.constant(matrix<double>(rows(std::vector<index_t>{0, 2, 4}, Eigen::all)))).word_loss;
  });
  CHECK(loss == doctest::Approx(expected));
  CHECK((first - expected_first).norm() < 1e-12);
  CHECK((second - expected_second).norm() < 1e-12);
  tape<double> t(a.store);
  CHECK(a.layer(t.constant(rows), std::vector<std::uint8_t>(5, 0)).word_loss.item() == 0);
}

TEST_CASE("the loss of a level of learned words is a mean over the rows that dropout left on it") {
  parameters<double> store;
  bottleneck<two_level_model<learned_words>> layer(
      store, "words", {.sizes = {.words = 4, .levels = 2, .dim = 3}, .seed = 3, .level_dropout = 1});
  layer.start(store, laws::gaussian<double>(40, 3, 1));
  tape<double> t(store);
  auto const out = layer(t.constant(laws::gaussian<double>(50, 3, 2)), {}, {true, 1});
  double expected = 0;
  for (std::size_t l = 0; l < 2; ++l) {
    double sum = 0, rows = 0;
    for (index_t i = 0; i < 50; ++i)
      if (code_t const c = out.codes(i, static_cast<index_t>(l)); c >= 0)
        sum += (layer.words(store, l).row(c) - out.queries[l].row(i)).squaredNorm(), ++rows;
    CHECK((rows == 50) == (l == 0));
    expected += sum / (3 * rows);
  }
  CHECK(out.word_loss.item() == doctest::Approx(expected));
}
