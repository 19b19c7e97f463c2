// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/embedding_sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = base, then y[ids_i] += x_i for every row of x in order; ids may repeat, a negative id drops its row.
template <Scalar T>
[[nodiscard]] variable<T> scatter_add_rows(variable<T> base, variable<T> x, std::span<code_t const> ids) {
  require_shapes(base.cols() == x.cols() && ids.size() == x.rows(), "scatter_add_rows", base, x,
                 "equal columns, one id per row");
  for (std::size_t i = 0; i < ids.size(); ++i) detail::require_code(ids[i], base.rows(), i, "scatter_add_rows");
  tape<T>& t = base.owner();
  std::size_t const n = x.cols();
  std::span<code_t const> const keep = t.keep(ids);
  variable<T> const y = t.result(base.rows(), n, base, x);
  auto const same = [](simd::batch<T> v) { return v; };
  auto const row = [keep, n](std::size_t i) { return static_cast<std::size_t>(keep[i]) * n; };
  std::copy_n(base.data(), base.size(), y.data());
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i] >= 0) detail::transform<T>(y.data() + row(i), true, n, same, x.data() + i * n);
  t.on_backward(
      [=, &t] {
        if (auto const to = base.target())
          detail::parallel_transform(t, to.data, to.add, y.size(), same, y.gradient_data());
        T* const to = x.zeroed_target();
        if (to == nullptr) return;
        for (std::size_t i = 0; i < keep.size(); ++i)
          if (keep[i] >= 0) detail::transform<T>(to + i * n, true, n, same, y.gradient_data() + row(i));
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
