// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/log_sum_exp.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_ij = x_ij - ln sum_j' e^x_ij', over the columns of each row.
template <Scalar T>
[[nodiscard]] variable<T> log_softmax(variable<T> x) {
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), n, x);
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin * n; at < end * n; at += n) {
      batch const log_sum(detail::log_sum_exp_of(x.data() + at, n));
      detail::transform<T>(
          y.data() + at, false, n, [=](batch v) { return v - log_sum; }, x.data() + at);
    }
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t at = begin * n; at < end * n; at += n) {
            batch const sum(static_cast<T>(detail::sum_of<T>(y.gradient_data() + at, n)));
            auto const chain = [=](batch g, batch v) { return g - sum * batch_math::exp(v); };
            detail::transform<T>(to.data + at, to.add, n, chain, y.gradient_data() + at, y.data() + at);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
