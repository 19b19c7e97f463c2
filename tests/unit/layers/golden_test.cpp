// SPDX-License-Identifier: MIT
/// Encoders agree with an independent implementation, values and gradients; tests/golden/encoders/README.md names it.
#include "golden_case.hpp"

#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/layers/embedding.hpp>
#include <sidera/layers/transformer.hpp>

namespace {

using sidera::matrix;
using sidera::tape;
using sidera::variable;

template <class F>
void link(golden_case& g, sidera::transformer_encoder_layer<F> const& layer, std::string const& prefix = "") {
  g.link(layer.attention, prefix + "self_attn_");
  g.link(layer.widen, prefix + "linear1_weight", prefix + "linear1_bias");
  g.link(layer.narrow, prefix + "linear2_weight", prefix + "linear2_bias");
  g.link(layer.norm1.gain, {prefix + "norm1_weight"});
  g.link(layer.norm1.bias, {prefix + "norm1_bias"});
  g.link(layer.norm2.gain, {prefix + "norm2_weight"});
  g.link(layer.norm2.bias, {prefix + "norm2_bias"});
}

constexpr sidera::transformer_options sizes{.dim = 12, .heads = 4, .feed_forward = 24};

template <class F = sidera::functions::relu>
void transformer_agrees(std::string const& name, sidera::transformer_options const& o, bool masked) {
  golden_case g(name);
  sidera::transformer_encoder_layer<F> const layer(g.store, "layer", o, sidera::random_stream(1));
  link(g, layer);
  tape<double> t(g.store);
  variable<double> const x = t.input(g.read("x"));
  auto const flags = masked ? g.valid() : std::vector<std::uint8_t>();
  variable<double> const y = layer(x, {{3, 5}, flags});
  g.check("y", y.value());
  t.backward(g.loss(y, "up_y"));
  g.check("grad_x", x.gradient());
  g.check_gradients();
}

/// Steps first instead of samples first, and back.
matrix<double> swapped(matrix<double> const& m, sidera::index_t outer, sidera::index_t inner) {
  matrix<double> r(m.rows(), m.cols());
  for (sidera::index_t i = 0; i < outer; ++i)
    for (sidera::index_t j = 0; j < inner; ++j) r.row(j * outer + i) = m.row(i * inner + j);
  return r;
}

}  // namespace

TEST_CASE("transformer layers: relu, gelu with padding, normalisation first") {
  transformer_agrees("transformer_layer", sizes, false);
  transformer_agrees<sidera::functions::gelu>("transformer_layer_gelu_mask", sizes, true);
  auto before = sizes;
  before.norm = sidera::norm_position::before;
  transformer_agrees("transformer_layer_prenorm", before, false);
}

TEST_CASE("the semantic encoder: a projection and two transformer layers") {
  golden_case g("semantic_encoder");
  sidera::random_stream const stream(1);
  sidera::linear<> const project(g.store, "project", 7, 12, stream);
  sidera::transformer_encoder<> const encoder(g.store, "encoder", 2, sizes, stream);
  g.link(project, "affine_matrix_weight", "affine_matrix_bias");
  for (std::size_t l = 0; l < 2; ++l) link(g, encoder.layers[l], "encoder_layers_" + std::to_string(l) + "_");
  tape<double> t(g.store);
  variable<double> const x = t.input(swapped(g.read("x"), 5, 3));
  variable<double> const y = encoder(project(x), {{3, 5}});
  g.check("y", swapped(y.value(), 3, 5));
  t.backward(sum(y * t.constant(swapped(g.read("up_y"), 5, 3))));
  g.check("grad_x", swapped(x.gradient(), 3, 5));
  g.check_gradients();
}

TEST_CASE("cross-attention with padded keys") {
  golden_case g("mha_mask");
  sidera::multi_head_attention const attention(g.store, "attention", 12, 4, sidera::random_stream(1));
  g.link(attention, "");
  tape<double> t(g.store);
  auto const q = t.input(g.read("q")), k = t.input(g.read("k")), v = t.input(g.read("v"));
  auto const flags = g.valid();
  auto const [y, weights] = attention.attend(q, {3, 4}, k, v, {{3, 6}, flags});
  g.check("y", y.value());
  g.check("attn_weights", weights.value());
  t.backward(g.loss(y, "up_y"));
  g.check("grad_q", q.gradient());
  g.check("grad_k", k.gradient());
  g.check("grad_v", v.gradient());
  g.check_gradients();
}

TEST_CASE("layer normalisation and the sum of embeddings") {
  golden_case g("layer_norm");
  sidera::layer_normalization const norm(g.store, "norm", 9);
  g.link(norm.gain, {"weight"});
  g.link(norm.bias, {"bias"});
  tape<double> t(g.store);
  variable<double> const x = t.input(g.read("x")), y = norm(x);
  g.check("y", y.value());
  t.backward(g.loss(y, "up_y"));
  g.check("grad_x", x.gradient());
  g.check_gradients();

  golden_case e("embedding_sum");
  sidera::embedding const table(e.store, "items", 7, 5, sidera::random_stream(1));
  e.store.value(table.table) = e.read("weight");
  sidera::code_matrix const ids = e.read("ids").cast<sidera::code_t>();
  tape<double> s(e.store);
  variable<double> const sums = table(s, ids);
  e.check("y", sums.value());
  s.backward(e.loss(sums, "up_y"));
  e.check("grad_weight", e.store.gradient(table.table));
}
