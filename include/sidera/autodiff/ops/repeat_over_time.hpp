// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_(b,t) = x_b for every step t: batch x columns becomes batch * time x columns.
template <Scalar T>
[[nodiscard]] variable<T> repeat_over_time(variable<T> x, sequence_shape shape) {
  if (x.rows() != shape.batch)
    throw shape_error("repeat_over_time",
                      "x is " + shape_text(x) + ", expected " + std::to_string(shape.batch) + " rows");
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), time = shape.time;
  variable<T> const y = t.result(shape.rows(), n, x);
  detail::parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin * time; r < end * time; ++r) std::copy_n(x.data() + r / time * n, n, y.data() + r * n);
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
          if (!to.add) std::fill(to.data + begin * n, to.data + end * n, T(0));
          for (std::size_t r = begin * time; r < end * time; ++r)
            detail::transform<T>(
                to.data + r / time * n, true, n, [](simd::batch<T> v) { return v; }, y.gradient_data() + r * n);
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
