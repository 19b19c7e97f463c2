// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_ij = x[i, columns_j]; columns may repeat. Throws value_error when there is no such column.
template <Scalar T>
[[nodiscard]] variable<T> gather_columns(variable<T> x, std::span<code_t const> columns) {
  for (code_t const c : columns)
    if (c < 0 || static_cast<std::size_t>(c) >= x.cols())
      throw value_error("gather_columns",
                        "column " + std::to_string(c) + " of " + std::to_string(x.cols()) + " is asked for");
  tape<T>& t = x.owner();
  std::span<code_t const> const keep = t.keep(columns);
  std::size_t const n = keep.size();
  variable<T> const y = t.result(x.rows(), n, x);
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < n; ++j)
      y.data()[i * n + j] = x.data()[i * x.cols() + static_cast<std::size_t>(keep[j])];
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t i = 0; i < x.rows(); ++i)
          for (std::size_t j = 0; j < n; ++j)
            to[i * x.cols() + static_cast<std::size_t>(keep[j])] += y.gradient_data()[i * n + j];
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
