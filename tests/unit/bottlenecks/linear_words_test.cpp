// SPDX-License-Identifier: MIT
/// \file  SimVQ: words that are a frozen basis times a learned map.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>

using namespace sidera;

namespace {

template <class Rule>
using layer_of =
    bottleneck<residual_quantizer<squared_euclidean, Rule, additive_residual, kmeans_plus_plus, relocate_far, double>>;

/// A bottleneck of two levels with six words, in a store of its own.
template <class Rule>
struct model {
  parameters<double> store;
  layer_of<Rule> layer;

  explicit model(std::vector<matrix<double>> const& words)
      : layer(store, "words", {.sizes = {.words = row_count(words.front()), .levels = words.size(), .dim = 4}}) {
    layer.set_words(store, words);
  }
  /// One step of plain descent along the word loss of the rows of x; returns the loss.
  double descend(matrix<double> const& x, double rate) {
    tape<double> t(store);
    auto const loss = layer(t.constant(x)).word_loss;
    store.clear_gradients();
    t.backward(loss);
    for (auto& g : store.groups())
      for (parameter const p : g.members) store.value(p) -= rate * matrix<double>(store.gradient(p));
    return loss.item();
  }
};

std::vector<matrix<double>> two_levels() {
  return {laws::gaussian<double>(6, 4, 1), 0.5 * laws::gaussian<double>(6, 4, 2)};
}

}  // namespace

TEST_CASE("linear_words: at the start the words of the basis, with the codes and losses of learned words") {
  model<linear_words> simvq(two_levels());
  model<learned_words> learned(two_levels());
  auto const x = laws::gaussian<double>(40, 4, 3);
  tape<double> s(simvq.store), l(learned.store);
  auto const a = simvq.layer(s.constant(x)), b = learned.layer(l.constant(x));
  CHECK(a.codes == b.codes);
  CHECK((a.quantised.value() - b.quantised.value()).cwiseAbs().maxCoeff() < 1e-12);
  CHECK(a.word_loss.item() == doctest::Approx(b.word_loss.item()));
  // the gradient of the map is that of the words seen through the basis
  s.backward(a.word_loss), l.backward(b.word_loss);
  for (std::size_t level = 0; level < 2; ++level) {
    std::string const stage = std::to_string(level);
    matrix<double> const of_map = simvq.store.gradient(simvq.store.find("words.map_" + stage)),
                         of_words = learned.store.gradient(learned.store.find("words.words_" + stage));
    CHECK((of_map - two_levels()[level].transpose() * of_words).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("linear_words: the basis stands still and every word moves, where learned words move alone") {
  model<linear_words> simvq(two_levels());
  model<learned_words> learned(two_levels());
  matrix<double> const row = laws::gaussian<double>(1, 4, 4);
  (void)simvq.descend(row, 0.3), (void)learned.descend(row, 0.3);
  auto const moved = [&](auto const& m, std::size_t level) {
    return ((m.layer.words(m.store, level) - two_levels()[level]).rowwise().norm().array() > 1e-6).count();
  };
  for (std::size_t level = 0; level < 2; ++level) {
    CHECK(moved(simvq, level) == 6);
    CHECK(moved(learned, level) == 1);
    CHECK(matrix<double>(simvq.store.value(simvq.store.find("words.words_" + std::to_string(level)))) ==
          two_levels()[level]);
  }
}

TEST_CASE("linear_words: the exported quantizer has the words of the map, and the codes of the layer") {
  model<linear_words> simvq(two_levels());
  auto const x = laws::gaussian<double>(60, 4, 5);
  double first = 0, last = 0;
  for (int step = 0; step < 50; ++step) (step == 0 ? first : last) = simvq.descend(x, 0.1);
  CHECK(last < 0.9 * first);
  tape<double> t(std::as_const(simvq.store));
  auto const out = simvq.layer(t.constant(x));
  auto const q = simvq.layer.quantizer(simvq.store);
  CHECK(q.encode(x) == out.codes);
  CHECK((q.decode(out.codes) - out.words.value()).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((q.level(0).search.words - two_levels()[0]).cwiseAbs().maxCoeff() > 0.01);
}

TEST_CASE("linear_words: words that start in a bundle beside the data come into use; learned ones stay behind") {
  auto const x = laws::clustered<double>(320, 4, 16, 6, 0.05);
  std::vector<matrix<double>> const bundle{0.3 * laws::gaussian<double>(32, 4, 7)};
  auto const used = [&](auto&& m) {
    for (int step = 0; step < 600; ++step) (void)m.descend(x, 0.3);
    tape<double> t(std::as_const(m.store));
    auto const codes = m.layer(t.constant(x)).codes;
    code_usage usage(32);
    for (index_t i = 0; i < codes.rows(); ++i) usage.add(std::vector<code_t>{codes(i, 0)});
    return 32 - usage.dead();
  };
  std::size_t const simvq = used(model<linear_words>(bundle)), learned = used(model<learned_words>(bundle));
  MESSAGE("words in use of 32: SimVQ " << simvq << ", learned words " << learned);
  CHECK(simvq > learned);
}
