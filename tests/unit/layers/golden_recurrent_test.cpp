// SPDX-License-Identifier: MIT
/// Recurrent layers and attention over images agree with an independent implementation, values and gradients.
#include "golden_case.hpp"

#include <sidera/layers/recurrent.hpp>
#include <sidera/layers/video_attention.hpp>

namespace {

using sidera::tape;
using sidera::variable;

template <class Layer>
void link(golden_case& g, Layer const& layer) {
  for (std::size_t i = 0; i < layer.cells.size(); ++i) {
    auto const& cell = layer.cells[i];
    std::size_t const directions = layer.directions();
    std::string const end = "_l" + std::to_string(i / directions) + (i % directions == 0 ? "" : "_reverse");
    g.link(cell.input.weight, {"weight_ih" + end});
    g.link(cell.weight, {"weight_hh" + end});
    if (cell.bias == sidera::parameter{}) {
      g.link(cell.input.bias, {"bias_ih" + end, "bias_hh" + end});
    } else {
      g.link(cell.input.bias, {"bias_ih" + end});
      g.link(cell.bias, {"bias_hh" + end});
    }
  }
}

/// The states of all layers and directions above one another, as the file has them.
variable<double> stacked(std::vector<variable<double>> const& states) {
  return concat_rows(std::span<variable<double> const>(states));
}

template <class Layer>
void recurrence_agrees(std::string const& name, std::size_t depth, bool bidirectional) {
  golden_case g(name);
  Layer const layer(g.store, "layer", {.inputs = 5, .hidden = 6, .depth = depth, .bidirectional = bidirectional},
                    sidera::random_stream(1));
  link(g, layer);
  tape<double> t(g.store);
  variable<double> const x = t.input(g.read("x"));
  auto const states = layer.run(x, {{3, 5}});
  g.check("y", states.y.value());
  variable<double> loss = g.loss(states.y, "up_y");
  auto const last = [&](std::vector<variable<double>> const& s, std::string const& file) {
    if (s.empty()) return;
    variable<double> const all = stacked(s);
    g.check(file, all.value());
    loss = loss + g.loss(all, "up_" + file);
  };
  last(states.hidden, "h_n");
  last(states.cell, "c_n");
  t.backward(loss);
  g.check("grad_x", x.gradient());
  g.check_gradients();
}

}  // namespace

TEST_CASE("LSTM of two layers, in one and in both directions; GRU of one and two layers") {
  recurrence_agrees<sidera::lstm>("lstm2", 2, false);
  recurrence_agrees<sidera::lstm>("bilstm2", 2, true);
  recurrence_agrees<sidera::gru>("gru1", 1, false);
  recurrence_agrees<sidera::gru>("gru2", 2, false);
}

TEST_CASE("attention over the channels and positions of images, as released and with a softmax over positions") {
  for (bool const softmax : {false, true}) {
    golden_case g("video_attention");
    auto const kind = softmax ? sidera::position_weights::softmax : sidera::position_weights::ones;
    sidera::video_attention const layer(g.store, "video", 16, 2, 8, sidera::random_stream(1), kind);
    g.link(layer.channels.squeeze.weight, {"se_layer_0_weight"});
    g.link(layer.channels.excite.weight, {"se_layer_2_weight"});
    g.link(layer.positions.self, "affine_video_self_weight", "affine_video_self_bias");
    g.link(layer.positions.mean, "affine_video_ave_weight", "affine_video_ave_bias");
    g.link(layer.positions.score, "ave_v_att_weight", "ave_v_att_bias");
    tape<double> t(g.store);
    sidera::sequence_shape const images{4, 49};
    variable<double> const x = t.input(g.read("x")), y = layer(x, images);
    g.check(softmax ? "y_softmax" : "y", y.value());
    t.backward(g.loss(y, "up_y"));
    std::string const prefix = softmax ? "grad_softmax_" : "grad_";
    g.check(prefix + "x", x.gradient());
    g.check_gradients(prefix);
    if (softmax)
      g.check("weights_softmax",
              layer.positions.position_softmax(layer.channels(x, images), mean_over_time(x, images), images).value());
  }
}
