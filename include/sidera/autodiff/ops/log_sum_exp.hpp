// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/softmax.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// ln sum_j e^x_j without overflow; -infinity when every entry is.
template <Scalar T>
[[nodiscard]] T log_sum_exp_of(T const* x, std::size_t n) {
  T const largest = largest_of(x, n);
  if (largest == -std::numeric_limits<T>::infinity()) return static_cast<T>(sum_of<T>(x, n));  // NaN if there is one
  simd::batch<T> const m(largest);
  double const sum = accumulate<T>(
      n, [=](std::size_t j, std::size_t count) { return batch_math::exp(load_some<T>(x + j, count) - m); });
  return static_cast<T>(static_cast<double>(largest) + std::log(sum));
}

}  // namespace detail

/// y_i = ln sum_j e^x_ij, rows x 1; safe for entries of any size.
template <Scalar T>
[[nodiscard]] variable<T> log_sum_exp(variable<T> x) {
  if (x.cols() == 0) throw shape_error("log_sum_exp", "x is " + shape_text(x) + ", expected at least one column");
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), 1, x);
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y.data()[i] = detail::log_sum_exp_of(x.data() + i * n, n);
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            simd::batch<T> const g(y.gradient_data()[i]), log_sum(y.data()[i]);
            auto const chain = [=](simd::batch<T> v) { return g * batch_math::exp(v - log_sum); };
            detail::transform<T>(to.data + i * n, to.add, n, chain, x.data() + i * n);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
