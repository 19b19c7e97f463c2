// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// y = factor * sum of everything, 1 x 1.
template <Scalar T>
[[nodiscard]] variable<T> scaled_sum(variable<T> x, double factor) {
  tape<T>& t = x.owner();
  variable<T> const y = t.result(1, 1, x);
  *y.data() = static_cast<T>(factor * sum_of<T>(x.data(), x.size()));
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        simd::batch<T> const g(static_cast<T>(factor) * *y.gradient_data());
        parallel_for(t, x.size(), 1, [&](std::size_t a, std::size_t b) {
          generate<T>(to.data + a, to.add, b - a, [g](std::size_t, std::size_t) { return g; });
        });
      },
      y);
  return y;
}

/// y_bj = factor * sum over the `time` rows of each of the `batch` blocks of x: batch x cols.
template <Scalar T>
[[nodiscard]] variable<T> scaled_sum_of_blocks(variable<T> x, sequence_shape shape, double factor) {
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), time = shape.time;
  variable<T> const y = t.result(shape.batch, n, x);
  auto const scaled = [c = simd::batch<T>(static_cast<T>(factor))](simd::batch<T> v) { return c * v; };
  parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
    std::fill(y.data() + begin * n, y.data() + end * n, T(0));
    for (std::size_t b = begin; b < end; ++b) {
      T* const sums = y.data() + b * n;
      add_rows(std::array{sums}, time, n, [&](std::size_t i, std::size_t j, std::size_t count) {
        transform<T>(
            sums + j, true, count, [](simd::batch<T> v) { return v; }, x.data() + (b * time + i) * n + j);
      });
    }
    transform<T>(y.data() + begin * n, false, (end - begin) * n, scaled, y.data() + begin * n);
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        parallel_for(t, shape.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t r = begin; r < end; ++r)
            transform<T>(to.data + r * n, to.add, n, scaled, y.gradient_data() + r / time * n);
        });
      },
      y);
  return y;
}

/// y_i = factor * sum of row i: rows x 1.
template <Scalar T>
[[nodiscard]] variable<T> scaled_sum_of_rows(variable<T> x, double factor) {
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), 1, x);
  parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y.data()[i] = static_cast<T>(factor * sum_of<T>(x.data() + i * n, n));
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            simd::batch<T> const g(static_cast<T>(factor) * y.gradient_data()[i]);
            generate<T>(to.data + i * n, to.add, n, [g](std::size_t, std::size_t) { return g; });
          }
        });
      },
      y);
  return y;
}

}  // namespace detail

/// y = sum of all entries, 1 x 1 (0 when there are none).
template <Scalar T>
[[nodiscard]] variable<T> sum(variable<T> x) {
  return detail::scaled_sum(x, 1);
}
/// y_j = sum_i x_ij, 1 x columns.
template <Scalar T>
[[nodiscard]] variable<T> sum_over_rows(variable<T> x) {
  return detail::scaled_sum_of_blocks(x, {1, x.rows()}, 1);
}
/// y_i = sum_j x_ij, rows x 1.
template <Scalar T>
[[nodiscard]] variable<T> sum_over_columns(variable<T> x) {
  return detail::scaled_sum_of_rows(x, 1);
}
/// y_bj = sum_t x_(b,t)j, batch x columns.
template <Scalar T>
[[nodiscard]] variable<T> sum_over_time(variable<T> x, sequence_shape shape) {
  require_sequence(x, shape, "sum_over_time");
  return detail::scaled_sum_of_blocks(x, shape, 1);
}

}  // namespace sidera::inline SIDERA_ABI
