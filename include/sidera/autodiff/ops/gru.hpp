// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/recurrence.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// One row: `a` holds the columns r, z, n of the input, `s` those of h W + b; `a` becomes the gates.
template <Scalar T>
void gru_row(T* a, T const* s, T const* before, T* hidden, std::size_t n) {
  functions::sigmoid const squash;
  functions::tanh const bend;
  generate<T>(hidden, false, n, [&](std::size_t j, std::size_t some) {
    auto const at = [&](T const* p, std::size_t k) { return load_some<T>(p + k * n + j, some); };
    auto const r = squash.f(at(a, 0) + at(s, 0)), z = squash.f(at(a, 1) + at(s, 1));
    auto const m = bend.f(at(a, 2) + r * at(s, 2));
    store_some<T>(a + j, r, some), store_some<T>(a + n + j, z, some), store_some<T>(a + 2 * n + j, m, some);
    auto const h = before == nullptr ? simd::batch<T>(T(0)) : load_some<T>(before + j, some);
    return m + z * (h - m);
  });
}

/// `slope` and `state_slope` get the gradients of the input's and of the state's columns; `dh` enters as the gradient
/// of h_t and leaves as the part of that of h_(t-1) that does not go through W.
template <Scalar T>
void gru_row_backward(T const* a, T const* s, T const* before, T* dh, T* slope, T* state_slope, std::size_t n) {
  simd::batch<T> const one(T(1));
  generate<T>(dh, false, n, [&](std::size_t j, std::size_t some) {
    auto const at = [&](T const* p, std::size_t k) { return load_some<T>(p + k * n + j, some); };
    auto const r = at(a, 0), z = at(a, 1), m = at(a, 2), d = load_some<T>(dh + j, some);
    auto const h = before == nullptr ? simd::batch<T>(T(0)) : load_some<T>(before + j, some);
    auto const dm = d * (one - z) * (one - m * m);
    auto const dr = dm * at(s, 2) * r * (one - r), dz = d * (h - m) * z * (one - z);
    store_some<T>(slope + j, dr, some), store_some<T>(state_slope + j, dr, some);
    store_some<T>(slope + n + j, dz, some), store_some<T>(state_slope + n + j, dz, some);
    store_some<T>(slope + 2 * n + j, dm, some), store_some<T>(state_slope + 2 * n + j, dm * r, some);
    return d * z;
  });
}

/// The columns h_(t-1) W + b of all steps go to `state`, the gates to `gates`.
template <Scalar T>
void gru_forward(tape<T>& t, recurrence<T> const& r, T const* weight, T const* bias, T* gates, T* state, T* hidden) {
  std::size_t const n = r.hidden;
  auto const packed = r.forward_weight(t, weight);
  for (std::size_t row = 0; row < r.shape.rows(); ++row) std::copy_n(bias, r.gates, state + row * r.gates);
  for (std::size_t i = 0; i < r.shape.time; ++i) {
    std::size_t const s = r.step(i), p = i == 0 ? s : r.previous(i);
    if (i > 0) r.add_state(t, hidden, p, packed, state, s);
    r.each_row(t, s, [&](std::size_t b, std::size_t row) {
      T const* const before = i == 0 ? nullptr : hidden + r.shape.row(b, p) * n;
      T* const h = hidden + row * n;
      if (r.is_valid(row)) return gru_row(gates + row * 3 * n, state + row * 3 * n, before, h, n);
      for (std::size_t j = 0; j < n; ++j) h[j] = before == nullptr ? T(0) : before[j];
    });
  }
}

template <Scalar T>
void gru_backward(tape<T>& t, recurrence<T> const& r, T const* weight, T const* gates, T const* state, T const* hidden,
                  T const* dh, T* slope, T* state_slope) {
  std::size_t const n = r.hidden;
  auto const packed = r.backward_weight(t, weight);
  T* const carry = t.scratch(r.shape.batch * n);
  std::fill_n(carry, r.shape.batch * n, T(0));
  for (std::size_t i = r.shape.time; i-- > 0;) {
    std::size_t const s = r.step(i);
    r.each_row(t, s, [&](std::size_t b, std::size_t row) {
      T* const h = carry + b * n;
      transform<T>(
          h, false, n, [](auto u, auto v) { return u + v; }, h, dh + row * n);
      std::size_t const at = row * 3 * n;
      if (!r.is_valid(row)) {
        std::fill_n(slope + at, 3 * n, T(0)), std::fill_n(state_slope + at, 3 * n, T(0));
        return;
      }
      T const* const before = i == 0 ? nullptr : hidden + r.shape.row(b, r.previous(i)) * n;
      gru_row_backward(gates + at, state + at, before, h, slope + at, state_slope + at, n);
    });
    r.carry_back(t, state_slope, s, packed, carry);
  }
}

}  // namespace detail

/// Gated recurrent unit over a batch of sequences; Cho et al., "Learning phrase representations using RNN
/// encoder-decoder" (EMNLP 2014), in the form with the reset gate behind the product: r, z = sigmoid(a + s),
/// n = tanh(a_n + r s_n), h_t = (1 - z) n + z h_(t-1) with s = h_(t-1) W + bias; the first state is 0.
///
/// `input` (a = x W_x + b for all steps at once) is batch * time x 3 hidden with the columns of r, z, n in that order,
/// `weight` hidden x 3 hidden, `bias` 1 x 3 hidden; the result is batch * time x hidden. `valid` (optional, one flag
/// per row): a padded step hands the state on unchanged.
template <Scalar T>
[[nodiscard]] variable<T> gru_steps(variable<T> input, variable<T> weight, variable<T> bias, sequence_shape shape,
                                    time_direction direction = time_direction::forward, mask_view valid = {}) {
  tape<T>& t = input.owner();
  auto const r = detail::make_recurrence(input, weight, shape, 3, direction, valid, "gru_steps");
  require_shapes(bias.rows() == 1 && bias.cols() == r.gates, "gru_steps", weight, bias, "a bias of 1 x columns");
  variable<T> const y = t.result(shape.rows(), r.hidden, input, weight, bias);
  T *const gates = t.scratch(input.size()), *const state = t.scratch(input.size());
  std::copy_n(input.data(), input.size(), gates);
  detail::gru_forward(t, r, weight.data(), bias.data(), gates, state, y.data());
  t.on_backward(
      [=, &t] {
        T *const slope = t.scratch(input.size()), *const state_slope = t.scratch(input.size());
        detail::gru_backward(t, r, weight.data(), gates, state, y.data(), y.gradient_data(), slope, state_slope);
        auto const same = [](simd::batch<T> g) { return g; };
        if (auto const to = weight.target()) r.add_weight_gradient(t, y.data(), state_slope, to);
        if (T* const to = bias.zeroed_target())
          detail::add_rows(std::array{to}, shape.rows(), r.gates,
                           [&](std::size_t row, std::size_t j, std::size_t count) {
                             detail::transform<T>(to + j, true, count, same, state_slope + row * r.gates + j);
                           });
        if (auto const to = input.target()) detail::parallel_transform(t, to.data, to.add, input.size(), same, slope);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
