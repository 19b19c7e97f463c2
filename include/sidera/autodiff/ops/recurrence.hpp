// SPDX-License-Identifier: MIT
#pragma once
/// \file  What recurrent ops share: the order of the steps, products with the state of a step, padding.
#include <sidera/autodiff/ops/sigmoid.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {

/// From which end of the sequence the state starts.
enum class time_direction { forward, backward };

namespace detail {

/// A recurrence with a state of H numbers and G gate values per step. Rows are (sample, step).
template <Scalar T>
struct recurrence {
  sequence_shape shape;
  std::size_t hidden, gates;
  time_direction direction;
  std::span<std::uint8_t const> valid;  ///< one flag per row, or empty

  [[nodiscard]] std::size_t step(std::size_t i) const noexcept {
    return direction == time_direction::forward ? i : shape.time - 1 - i;
  }
  /// The step whose state the i-th step starts from; i > 0.
  [[nodiscard]] std::size_t previous(std::size_t i) const noexcept { return step(i - 1); }
  [[nodiscard]] bool is_valid(std::size_t row) const noexcept { return valid.empty() || valid[row] != 0; }

  /// The rows of step s of a (batch * time) x cols block.
  [[nodiscard]] simd::strided_view<T> rows_of(T const* x, std::size_t s, std::size_t cols) const noexcept {
    return {x + s * cols, shape.time * cols, 1};
  }
  /// The state weight (hidden x gates) for \ref add_state, and its transpose for \ref carry_back: packed once for all
  /// steps.
  [[nodiscard]] simd::packed_right<T> forward_weight(tape<T>& t, T const* weight) const {
    return t.pack(gates, hidden, simd::row_major(weight, gates));
  }
  [[nodiscard]] simd::packed_right<T> backward_weight(tape<T>& t, T const* weight) const {
    return t.pack(hidden, gates, simd::row_major(weight, gates).transposed());
  }
  /// to_s += state_p weight: one product for the whole batch.
  void add_state(tape<T>& t, T const* state, std::size_t p, simd::packed_right<T> weight, T* to, std::size_t s) const {
    t.product(shape.batch, gates, hidden, rows_of(state, p, hidden), weight, to + s * gates, shape.time * gates, true);
  }
  /// carry (batch x hidden) += slope_s weight^T.
  void carry_back(tape<T>& t, T const* slope, std::size_t s, simd::packed_right<T> weight, T* carry) const {
    t.product(shape.batch, hidden, gates, rows_of(slope, s, gates), weight, carry, hidden, true);
  }
  /// to (hidden x gates) (+)= sum over steps of state_before^T slope: one product for all steps.
  void add_weight_gradient(tape<T>& t, T const* state, T const* slope, gradient_target<T> to) const {
    T* const before = t.scratch(shape.rows() * hidden);
    for (std::size_t i = 0; i < shape.time; ++i)
      for (std::size_t b = 0; b < shape.batch; ++b) {
        T* const row = before + shape.row(b, step(i)) * hidden;
        if (i == 0)
          std::fill_n(row, hidden, T(0));
        else
          std::copy_n(state + shape.row(b, previous(i)) * hidden, hidden, row);
      }
    t.product(hidden, gates, shape.rows(), simd::row_major<T>(before, hidden).transposed(),
              simd::row_major(slope, gates), to.data, gates, to.add);
  }
  /// Calls f(sample, row) for the rows of step s on the threads of the tape.
  template <class F>
  void each_row(tape<T>& t, std::size_t s, F const& f) const {
    parallel_for(t, shape.batch, gates * 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t b = begin; b < end; ++b) f(b, shape.row(b, s));
    });
  }
};

template <Scalar T>
[[nodiscard]] recurrence<T> make_recurrence(variable<T> input, variable<T> weight, sequence_shape shape,
                                            std::size_t gates, time_direction direction, mask_view valid,
                                            std::string_view where) {
  require_sequence(input, shape, where);
  require_shapes(input.cols() == weight.cols() && weight.cols() == gates * weight.rows(), where, input, weight,
                 "a state weight of hidden x gates * hidden and as many columns of the input");
  if (!valid.empty() && valid.size() != shape.rows())
    throw shape_error(where, "mask has " + std::to_string(valid.size()) + " flags, input is " + shape_text(input));
  return {shape, weight.rows(), weight.cols(), direction, input.owner().keep(valid)};
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
