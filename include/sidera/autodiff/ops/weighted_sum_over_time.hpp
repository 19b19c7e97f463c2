// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_b = sum_t w_bt x_(b,t), batch x columns: what attention does with its values. x is batch * time x columns,
/// `weights` batch x time.
template <Scalar T>
[[nodiscard]] variable<T> weighted_sum_over_time(variable<T> weights, variable<T> x, sequence_shape shape) {
  require_sequence(x, shape, "weighted_sum_over_time");
  require_shapes(weights.rows() == shape.batch && weights.cols() == shape.time, "weighted_sum_over_time", weights, x,
                 "weights of batch x time");
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), time = shape.time;
  variable<T> const y = t.result(shape.batch, n, weights, x);
  detail::parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
    std::fill(y.data() + begin * n, y.data() + end * n, T(0));
    for (std::size_t r = begin * time; r < end * time; ++r)
      detail::transform<T>(
          y.data() + r / time * n, true, n, [w = batch(weights.data()[r])](batch v) { return w * v; },
          x.data() + r * n);
  });
  t.on_backward(
      [=, &t] {
        auto const to_x = x.target(), to_w = weights.target();
        detail::parallel_for(t, shape.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t r = begin; r < end; ++r) {
            T const* const g = y.gradient_data() + r / time * n;
            if (to_x)
              detail::transform<T>(
                  to_x.data + r * n, to_x.add, n, [w = batch(weights.data()[r])](batch v) { return w * v; }, g);
            if (!to_w) continue;
            T const d = static_cast<T>(detail::dot_of<T>(g, x.data() + r * n, n));
            to_w.data[r] = to_w.add ? to_w.data[r] + d : d;
          }
        });
      },
      y);
  return y;
}

/// y_b = mean of the rows (b, t) whose flag is not 0, batch x columns; 0 for a sample without any. One flag per row of
/// x.
template <Scalar T>
[[nodiscard]] variable<T> masked_mean_over_time(variable<T> x, sequence_shape shape, mask_view mask) {
  require_sequence(x, shape, "masked_mean_over_time");
  if (mask.size() != x.rows())
    throw shape_error("masked_mean_over_time",
                      "mask has " + std::to_string(mask.size()) + " flags, x is " + shape_text(x));
  T* const weights = x.owner().scratch(shape.rows());
  for (std::size_t b = 0; b < shape.batch; ++b) {
    mask_view const flags = mask.subspan(b * shape.time, shape.time);
    auto const count = static_cast<T>(std::count_if(flags.begin(), flags.end(), [](auto flag) { return flag != 0; }));
    for (std::size_t s = 0; s < shape.time; ++s) weights[b * shape.time + s] = flags[s] != 0 ? 1 / count : T(0);
  }
  return weighted_sum_over_time(x.owner().refer(weights, shape.batch, shape.time), x, shape);
}

}  // namespace sidera::inline SIDERA_ABI
