// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/gru.hpp>
#include <sidera/autodiff/ops/lstm.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

struct recurrent_options {
  std::size_t inputs = 1, hidden = 64;
  std::size_t depth = 1;
  bool bidirectional = false;  ///< the results of both directions side by side: 2 * hidden columns
};

/// What a recurrent layer knows at the end. Entry depth * directions + direction is the last state (the first step of
/// the backward direction), batch x hidden.
template <Scalar T>
struct recurrent_states {
  variable<T> y;                       ///< of the top, batch * time x (hidden or 2 hidden)
  std::vector<variable<T>> hidden;     ///< last hidden states
  std::vector<variable<T>> cell = {};  ///< last cells, of an LSTM
};

namespace detail {

/// Weights of one depth and one direction.
template <std::size_t Gates>
struct recurrent_cell {
  linear<> input;
  parameter weight, bias;

  template <Scalar T, WeightInitializer I>
  recurrent_cell(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t hidden,
                 random_stream stream, I const& init)
      : input(store, name + ".input", inputs, Gates * hidden, stream, {}, bias_use::yes, init),
        weight(add_weight(store, name + ".state.weight", hidden, Gates * hidden, init, stream)),
        bias(Gates == 3 ? store.add(name + ".state.bias", 1, Gates * hidden) : parameter{}) {}
};

/// The stack of cells that GRU and LSTM share; `Step` runs one of them.
template <std::size_t Gates, class Step>
struct recurrent_stack {
  std::vector<recurrent_cell<Gates>> cells;
  bool bidirectional = false;

  recurrent_stack() = default;
  template <Scalar T, WeightInitializer I>
  recurrent_stack(parameters<T>& store, std::string const& name, recurrent_options const& o, random_stream stream,
                  I const& init)
      : bidirectional(o.bidirectional) {
    if (o.depth == 0) throw value_error("recurrent layer", "the depth is 0");
    for (std::size_t l = 0; l < o.depth; ++l)
      for (std::size_t d = 0; d < directions(); ++d)
        cells.emplace_back(store, name + "." + std::to_string(l) + (d == 0 ? ".forward" : ".backward"),
                           l == 0 ? o.inputs : directions() * o.hidden, o.hidden, stream, init);
  }
  [[nodiscard]] std::size_t directions() const noexcept { return bidirectional ? 2 : 1; }

  template <Scalar T>
  [[nodiscard]] recurrent_states<T> run(variable<T> x, sequence s) const {
    recurrent_states<T> states{x, {}};
    for (std::size_t i = 0; i < cells.size(); i += directions()) {
      variable<T> const forward = Step{}(cells[i], states.y, s, time_direction::forward, states);
      states.y = bidirectional
                     ? concat_columns(forward, Step{}(cells[i + 1], states.y, s, time_direction::backward, states))
                     : forward;
    }
    return states;
  }
};

/// The state of the last step in the order of the recurrence, batch x hidden.
template <Scalar T>
[[nodiscard]] variable<T> last_state(variable<T> states, sequence_shape shape, time_direction direction) {
  return slice_rows(states, direction == time_direction::forward ? shape.time - 1 : 0, shape.batch, shape.time);
}

struct gru_step {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(recurrent_cell<3> const& cell, variable<T> x, sequence s, time_direction way,
                                       recurrent_states<T>& states) const {
    tape<T>& t = x.owner();
    variable<T> const y = gru_steps(cell.input(x), t[cell.weight], t[cell.bias], s.shape, way, s.valid);
    states.hidden.push_back(last_state(y, s.shape, way));
    return y;
  }
};
struct lstm_step {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(recurrent_cell<4> const& cell, variable<T> x, sequence s, time_direction way,
                                       recurrent_states<T>& states) const {
    auto const y = lstm_steps(cell.input(x), x.owner()[cell.weight], s.shape, way, s.valid);
    states.hidden.push_back(last_state(y.hidden, s.shape, way));
    states.cell.push_back(last_state(y.cell, s.shape, way));
    return y.hidden;
  }
};

}  // namespace detail

/// Gated recurrent units, one or more above one another, in one or both directions; see the op \ref gru_steps. Padded
/// steps hand the state on. Parameters: "name.0.forward.input.weight", "...input.bias", "...state.weight",
/// "...state.bias".
struct gru : detail::recurrent_stack<3, detail::gru_step> {
  gru() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  gru(parameters<T>& store, std::string const& name, recurrent_options const& o, random_stream stream,
      I const& init = {})
      : recurrent_stack(store, name, o, stream, init) {}

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass = {}) const {
    return this->run(x, s).y;
  }
};

/// Long short-term memory, one or more above one another, in one or both directions; see the op \ref lstm_steps. Padded
/// steps hand the state on. Parameters: "name.0.forward.input.weight", "...input.bias", "...state.weight".
struct lstm : detail::recurrent_stack<4, detail::lstm_step> {
  lstm() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  lstm(parameters<T>& store, std::string const& name, recurrent_options const& o, random_stream stream,
       I const& init = {})
      : recurrent_stack(store, name, o, stream, init) {}

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass = {}) const {
    return this->run(x, s).y;
  }
};
static_assert(SequenceLayer<gru> && SequenceLayer<lstm>);

}  // namespace sidera::inline SIDERA_ABI
