// SPDX-License-Identifier: MIT
/// Layers that work on batches of sequences.
#include "layer_law.hpp"

#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/layers/activation_unit.hpp>
#include <sidera/layers/attention_weights.hpp>
#include <sidera/layers/recurrent.hpp>
#include <sidera/layers/target_attention.hpp>
#include <sidera/layers/transformer.hpp>

namespace {

using sidera::code_t;
using sidera::index_t;
using sidera::matrix;
using gelu_unit = sidera::functions::gelu;

sidera::random_stream const weights(5);

constexpr std::size_t steps = 3;

/// Every third place of a batch is padding, but never the first of a sample.
std::vector<std::uint8_t> flags(std::size_t rows) {
  std::vector<std::uint8_t> all(rows);
  for (std::size_t i = 0; i < rows; ++i) all[i] = i % steps == 0 || i % 4 != 2;
  return all;
}
/// The item of each place of a batch with `samples` histories.
std::vector<code_t> places(std::size_t samples, std::size_t items) {
  std::vector<code_t> all(samples * steps);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i % 5 == 3 ? sidera::no_code : static_cast<code_t>(i * i % std::max<std::size_t>(items, 1));
  return all;
}

matrix<float> numbers(index_t rows, index_t cols, std::uint64_t id) {
  matrix<float> m(rows, cols);
  for (index_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(weights.fork(id).normal(std::uint64_t(i)));
  return m;
}

template <class Layer>
auto on_sequences(Layer layer) {
  return [layer](auto x) {
    auto const valid = flags(x.rows());
    return layer(x, {{x.rows() / steps, steps}, valid}, sidera::pass{true, 3});
  };
}

}  // namespace

TEST_CASE("attention obeys the laws") {
  layer_law(
      "transformer layer", 4,
      [](auto& store) {
        return on_sequences(sidera::transformer_encoder_layer<gelu_unit>(
            store, "t", {.dim = 4, .heads = 2, .feed_forward = 6, .norm = sidera::norm_position::before, .dropout = .2},
            weights));
      },
      {.float_tolerance = 3e-5});
  layer_law("transformer of two layers", 4,
            [](auto& store) {
              return on_sequences(sidera::transformer_encoder<gelu_unit>(
                  store, "t", 2, {.dim = 4, .heads = 2, .feed_forward = 6}, weights));
            },
            {.float_tolerance = 3e-5});
  layer_law("target attention", 4, [](auto& store) {
    return [l = sidera::target_attention(store, "a", 4, 2, weights)](auto x) {
      std::size_t const samples = x.rows() / steps;
      return l(x, places(samples, x.rows()), slice_rows(x, 0, samples, steps), steps);
    };
  });
  layer_law("activation unit", 4, [](auto& store) {
    return [l = sidera::activation_unit<gelu_unit>(store, "a", 4, 5, weights)](auto x) {
      std::size_t const samples = x.rows() / steps;
      auto const at = places(samples, x.rows());
      std::vector<std::uint8_t> valid;
      for (code_t const c : at) valid.push_back(c >= 0);
      return sidera::softmax_weights{}(l(x, at, slice_rows(x, 0, samples, steps), steps), valid);
    };
  });
}

TEST_CASE("recurrent layers obey the laws") {
  layer_law("gru", 3, [](auto& store) {
    return on_sequences(sidera::gru(store, "g", {.inputs = 3, .hidden = 4, .depth = 2}, weights));
  });
  layer_law("lstm", 3, [](auto& store) {
    return on_sequences(
        sidera::lstm(store, "l", {.inputs = 3, .hidden = 2, .depth = 2, .bidirectional = true}, weights));
  });
}

TEST_CASE("a longer padding changes no bit") {
  constexpr std::size_t batch = 4, used = 5;
  sidera::parameters<float> store;
  sidera::transformer_encoder<> const transformer(store, "t", 2, {.dim = 8, .heads = 2, .feed_forward = 16}, weights);
  sidera::gru const gru(store, "g", {.inputs = 8, .hidden = 6, .depth = 2, .bidirectional = true}, weights);
  sidera::lstm const lstm(store, "l", {.inputs = 8, .hidden = 6, .depth = 2, .bidirectional = true}, weights);
  sidera::tape<float> t(store);
  auto const at_length = [&](auto const& layer, std::size_t time) {
    matrix<float> x = numbers(index_t(batch * time), 8, 99);  // padded steps hold anything
    std::vector<std::uint8_t> valid(batch * time, 0);
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t s = 0; s < used; ++s) {
        x.row(index_t(b * time + s)) = numbers(1, 8, 1000 + 10 * b + s);
        valid[b * time + s] = 1;
      }
    matrix<float> const y = layer(t.constant(x), {{batch, time}, valid}).value();
    matrix<float> kept(batch * used, y.cols());
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t s = 0; s < used; ++s) kept.row(index_t(b * used + s)) = y.row(index_t(b * time + s));
    return kept;
  };
  for (std::size_t const time : {used + 1, 2 * used, std::size_t{40}}) {
    CAPTURE(time);
    CHECK(at_length(transformer, time) == at_length(transformer, used));
    CHECK(at_length(gru, time) == at_length(gru, used));
    CHECK(at_length(lstm, time) == at_length(lstm, used));
  }
}

TEST_CASE("target attention equals attention with projected keys and values") {
  constexpr std::size_t dim = 8, heads = 2, time = 6, batch = 3;
  sidera::parameters<double> store;
  sidera::target_attention const fast(store, "a", dim, heads, weights);
  sidera::multi_head_attention plain(store, "p", dim, heads, weights);
  for (auto const& [to, from] :
       {std::pair{plain.query, fast.query}, {plain.key, fast.key}, {plain.value, fast.value}, {plain.out, fast.out}})
    store.value(to.weight) = store.value(from);
  sidera::tape<double> t(store);
  auto const items = t.constant(numbers(10, dim, 1).cast<double>()),
             q = t.constant(numbers(batch, dim, 2).cast<double>());
  std::vector<code_t> at(batch * time);
  std::vector<std::uint8_t> valid;
  for (std::size_t i = 0; i < at.size(); ++i) {
    at[i] = i % 4 == 1 ? sidera::no_code : static_cast<code_t>(3 * i % 10);
    valid.push_back(at[i] >= 0);
  }
  auto const history = gather_rows(items, std::span<code_t const>(at));
  matrix<double> const expected = plain.attend(q, {batch, 1}, history, history, {{batch, time}, valid}).y.value();
  CHECK((fast(items, at, q, time).value() - expected).norm() < 1e-13);
}

TEST_CASE("attention weights: places without data have weight 0, samples without any place too") {
  sidera::tape<double> t;
  matrix<double> scores(2, 3);
  scores << 1, 2, 3, 4, 5, 6;
  auto const x = t.input(scores);
  std::vector<std::uint8_t> const valid{1, 0, 1, 0, 0, 0};
  auto const raw = sidera::raw_weights{}(x, valid), soft = sidera::softmax_weights{}(x, valid),
             squeezed = sidera::sigmoid_weights{}(x, valid);
  CHECK(raw.value().row(0) == (matrix<double>(1, 3) << 1, 0, 3).finished());
  CHECK(soft.value().row(0).sum() == doctest::Approx(1));
  CHECK(squeezed.value()(0, 0) == doctest::Approx(1 / (1 + std::exp(-1.0))));
  for (auto const& w : {raw, soft, squeezed}) {
    CHECK(w.value()(0, 1) == 0);
    CHECK(w.value().row(1).norm() == 0);
  }
  CHECK(sidera::softmax_weights{}(x, {}).value().row(1).sum() == doctest::Approx(1));
  std::vector<std::uint8_t> const few{1, 1};
  CHECK_THROWS_AS((void)sidera::softmax_weights{}(x, few), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::raw_weights{}(x, few), sidera::shape_error);
}

TEST_CASE("wrong shapes are refused") {
  sidera::parameters<float> store;
  sidera::transformer_encoder_layer<> const transformer(store, "t", {.dim = 4, .heads = 2, .feed_forward = 6}, weights);
  sidera::gru const gru(store, "g", {.inputs = 4, .hidden = 6}, weights);
  sidera::lstm const lstm(store, "l", {.inputs = 4, .hidden = 6}, weights);
  sidera::target_attention const target(store, "a", 4, 2, weights);
  sidera::tape<float> t(store);
  auto const x = t.constant(numbers(6, 4, 1)), wide = t.constant(numbers(6, 5, 1)), two = t.constant(numbers(2, 4, 1));
  std::vector<std::uint8_t> const five(5, 1);
  auto const refused = [&](auto const& layer) {
    CHECK_THROWS_AS((void)layer(x, {{2, 4}}), sidera::shape_error);        // 6 rows are not 2 x 4
    CHECK_THROWS_AS((void)layer(wide, {{2, 3}}), sidera::shape_error);     // 5 columns instead of 4
    CHECK_THROWS_AS((void)layer(x, {{2, 3}, five}), sidera::shape_error);  // 5 flags for 6 rows
  };
  refused(transformer);
  refused(gru);
  refused(lstm);
  CHECK_THROWS_AS((void)target(wide, places(2, 6), two, steps), sidera::shape_error);
  CHECK_THROWS_AS((void)target(x, places(3, 6), two, steps), sidera::shape_error);
  CHECK_THROWS_AS((sidera::multi_head_attention(store, "m", 4, 3, weights)), sidera::shape_error);
  CHECK_THROWS_AS((sidera::multi_head_attention(store, "m", 4, 0, weights)), sidera::shape_error);
  CHECK_THROWS_AS((sidera::gru(store, "n", {.depth = 0}, weights)), sidera::value_error);
  CHECK_THROWS_AS((void)transformer.attention.attend(two, {2, 1}, x, x, {{3, 2}}), sidera::shape_error);
}
