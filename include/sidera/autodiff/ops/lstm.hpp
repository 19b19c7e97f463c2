// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/recurrence.hpp>

namespace sidera::inline SIDERA_ABI {

/// The states of every step, batch * time x hidden each.
template <Scalar T>
struct lstm_states {
  variable<T> hidden, cell;
};

namespace detail {

/// Gates and cell of one row: `a` holds i, f, g, o before and after.
template <Scalar T>
void lstm_row(T* a, T const* before, T* cell, T* hidden, std::size_t n) {
  functions::sigmoid const squash;
  functions::tanh const bend;
  generate<T>(hidden, false, n, [&](std::size_t j, std::size_t some) {
    auto const gate = [&](std::size_t k) { return load_some<T>(a + k * n + j, some); };
    auto const i = squash.f(gate(0)), f = squash.f(gate(1)), g = bend.f(gate(2)), o = squash.f(gate(3));
    auto const c = before == nullptr ? i * g : f * load_some<T>(before + j, some) + i * g;
    store_some<T>(a + j, i, some), store_some<T>(a + n + j, f, some);
    store_some<T>(a + 2 * n + j, g, some), store_some<T>(a + 3 * n + j, o, some);
    store_some<T>(cell + j, c, some);
    return o * bend.f(c);
  });
}

/// `slope` gets the gradient of the gates before their activation; `dc` enters as that of the cell and leaves as that
/// of the cell before.
template <Scalar T>
void lstm_row_backward(T const* a, T const* before, T const* cell, T const* dh, T* dc, T* slope, std::size_t n) {
  simd::batch<T> const one(T(1));
  functions::tanh const bend;
  generate<T>(dc, false, n, [&](std::size_t j, std::size_t some) {
    auto const gate = [&](std::size_t k) { return load_some<T>(a + k * n + j, some); };
    auto const i = gate(0), f = gate(1), g = gate(2), o = gate(3);
    auto const y = bend.f(load_some<T>(cell + j, some)), up = load_some<T>(dh + j, some);
    auto const d = load_some<T>(dc + j, some) + up * o * (one - y * y);
    auto const c = before == nullptr ? simd::batch<T>(T(0)) : load_some<T>(before + j, some);
    store_some<T>(slope + j, d * g * i * (one - i), some);
    store_some<T>(slope + n + j, d * c * f * (one - f), some);
    store_some<T>(slope + 2 * n + j, d * i * (one - g * g), some);
    store_some<T>(slope + 3 * n + j, up * y * o * (one - o), some);
    return d * f;
  });
}

template <Scalar T>
void lstm_forward(tape<T>& t, recurrence<T> const& r, T const* weight, T* gates, T* cell, T* hidden) {
  std::size_t const n = r.hidden;
  auto const packed = r.forward_weight(t, weight);
  for (std::size_t i = 0; i < r.shape.time; ++i) {
    std::size_t const s = r.step(i), p = i == 0 ? s : r.previous(i);
    if (i > 0) r.add_state(t, hidden, p, packed, gates, s);
    r.each_row(t, s, [&](std::size_t b, std::size_t row) {
      T const* const before = i == 0 ? nullptr : cell + r.shape.row(b, p) * n;
      if (r.is_valid(row)) return lstm_row(gates + row * 4 * n, before, cell + row * n, hidden + row * n, n);
      for (T* const state : {cell, hidden})  // a padded step hands the state on
        for (std::size_t j = 0; j < n; ++j) state[row * n + j] = i == 0 ? T(0) : state[r.shape.row(b, p) * n + j];
    });
  }
}

/// `slope` (batch * time x 4 hidden) gets the gradient of the gates. dh, dc: the gradients of all states.
template <Scalar T>
void lstm_backward(tape<T>& t, recurrence<T> const& r, T const* weight, T const* gates, T const* cell, T const* dh,
                   T const* dc, T* slope) {
  std::size_t const n = r.hidden, size = r.shape.batch * n;
  auto const packed = r.backward_weight(t, weight);
  T *const carry_h = t.scratch(size), *const carry_c = t.scratch(size);
  std::fill_n(carry_h, size, T(0)), std::fill_n(carry_c, size, T(0));
  auto const sum = [](auto u, auto v) { return u + v; };
  for (std::size_t i = r.shape.time; i-- > 0;) {
    std::size_t const s = r.step(i);
    r.each_row(t, s, [&](std::size_t b, std::size_t row) {
      T *const h = carry_h + b * n, *const c = carry_c + b * n;
      transform<T>(h, false, n, sum, h, dh + row * n);
      transform<T>(c, false, n, sum, c, dc + row * n);
      if (!r.is_valid(row)) return static_cast<void>(std::fill_n(slope + row * 4 * n, 4 * n, T(0)));
      T const* const before = i == 0 ? nullptr : cell + r.shape.row(b, r.previous(i)) * n;
      lstm_row_backward(gates + row * 4 * n, before, cell + row * n, h, c, slope + row * 4 * n, n);
      std::fill_n(h, n, T(0));
    });
    r.carry_back(t, slope, s, packed, carry_h);
  }
}

}  // namespace detail

/// Long short-term memory over a batch of sequences; Hochreiter and Schmidhuber, "Long short-term memory" (1997), with
/// forget gates: i, f, o = sigmoid, g = tanh of the columns of a_t = input_t + h_(t-1) W; c_t = f c_(t-1) + i g,
/// h_t = o tanh c_t; the first state is 0.
///
/// `input` (x W_x + b for all steps at once) is batch * time x 4 hidden with the columns of i, f, g, o in that order,
/// `weight` hidden x 4 hidden. `valid` (optional, one flag per row): a padded step hands the state on unchanged.
template <Scalar T>
[[nodiscard]] lstm_states<T> lstm_steps(variable<T> input, variable<T> weight, sequence_shape shape,
                                        time_direction direction = time_direction::forward, mask_view valid = {}) {
  tape<T>& t = input.owner();
  auto const r = detail::make_recurrence(input, weight, shape, 4, direction, valid, "lstm_steps");
  lstm_states<T> const y{t.result(shape.rows(), r.hidden, input, weight),
                         t.result(shape.rows(), r.hidden, input, weight)};
  T* const gates = t.scratch(input.size());
  std::copy_n(input.data(), input.size(), gates);
  detail::lstm_forward(t, r, weight.data(), gates, y.cell.data(), y.hidden.data());
  t.on_backward(
      [=, &t] {
        T* const slope = t.scratch(input.size());
        detail::lstm_backward(t, r, weight.data(), gates, y.cell.data(), y.hidden.gradient_data(),
                              y.cell.gradient_data(), slope);
        if (auto const to = weight.target()) r.add_weight_gradient(t, y.hidden.data(), slope, to);
        if (auto const to = input.target())
          detail::parallel_transform(
              t, to.data, to.add, input.size(), [](simd::batch<T> g) { return g; }, slope);
      },
      y.hidden, y.cell);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
