// SPDX-License-Identifier: MIT
/// \file  Mixtures of words: by the distances of the quantizer's own metric, whichever that is.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

using namespace sidera;

namespace {

template <class Metric, class Rule>
using soft_words = bottleneck<vector_quantizer<Metric, Rule, kmeans_plus_plus, relocate_far, double>, annealed_softmax>;

/// The mixture of a row by softmax(-sharpness m(row, word)), straight from the definition.
template <class Metric>
matrix<double> mixed(Metric const& metric, matrix<double> const& rows, matrix<double> const& words, double sharpness) {
  matrix<double> out = matrix<double>::Zero(rows.rows(), rows.cols());
  for (index_t i = 0; i < rows.rows(); ++i) {
    double all = 0;
    for (index_t j = 0; j < words.rows(); ++j) {
      double const share = std::exp(-sharpness * metric(row_span(rows, i), row_span(words, j)));
      out.row(i) += share * words.row(j);
      all += share;
    }
    out.row(i) /= all;
  }
  return out;
}

template <class Rule, class Metric>
void check_mixture(Metric const& metric) {
  matrix<double> words = laws::gaussian<double>(6, 4, 1);
  for (index_t j = 0; j < 6; ++j) words.row(j) *= 1 + 3 * static_cast<double>(j);  // lengths differ
  matrix<double> const rows = laws::gaussian<double>(30, 4, 2);
  for (double const sharpness : {0.7, 1e6}) {
    CAPTURE(sharpness);
    parameters<double> store;
    soft_words<Metric, Rule> layer(store, "words", {.sizes = {.words = 6, .levels = 1, .dim = 4}}, {metric},
                                   {.sharpness = sharpness, .largest = 1e9});
    layer.set_words(store, {words});
    tape<double> t(store);
    auto const out = layer(t.constant(rows));
    if (sharpness < 1)
      CHECK((out.quantised.value() - mixed(metric, rows, words, sharpness)).cwiseAbs().maxCoeff() < 1e-12);
    else  // what goes on is the word that the code names
      CHECK((out.quantised.value() - out.words.value()).cwiseAbs().maxCoeff() < 1e-9);
  }
}

}  // namespace

TEST_CASE("annealed_softmax mixes by the metric of the quantizer, and ends at the word of the code") {
  check_mixture<learned_words>(squared_euclidean{});
  check_mixture<learned_words>(weighted_squared_euclidean{{4, 0, 0.25}});
  check_mixture<learned_directions>(cosine{});
}

TEST_CASE("annealed_softmax ends at the words of PSRQ codes whose metric weights columns, in the prefix half too") {
  using psrq = residual_quantizer<weighted_squared_euclidean, learned_words, prefix_residual, kmeans_plus_plus,
                                  relocate_far, double>;
  parameters<double> store;
  bottleneck<psrq, annealed_softmax> layer(store, "words", {.sizes = {.words = 6, .levels = 2, .dim = 4}},
                                           {weighted_squared_euclidean{{9, 0, 0.25}}},
                                           {.sharpness = 1e6, .largest = 1e9});
  layer.set_words(store, {laws::gaussian<double>(6, 4, 3), laws::gaussian<double>(6, 8, 4)});
  tape<double> t(store);
  auto const out = layer(t.constant(laws::gaussian<double>(40, 4, 5)));
  CHECK((out.quantised.value() - out.words.value()).cwiseAbs().maxCoeff() < 1e-9);
}
