// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_ij = x[i, ids_ij], rows x columns of `ids`: one entry per row and id, for example the logit of the right class.
/// Throws value_error with the row of an id that has no column.
template <Scalar T>
[[nodiscard]] variable<T> pick(variable<T> x, code_matrix_cref const& ids) {
  if (row_count(ids) != x.rows()) throw shape_error("pick", "x is " + shape_text(x) + ", ids are " + shape_text(ids));
  tape<T>& t = x.owner();
  std::size_t const n = column_count(ids);
  variable<T> const y = t.result(x.rows(), n, x);
  auto* const from = t.template scratch<std::size_t>(y.size());
  for (std::size_t at = 0; at < y.size(); ++at) {
    std::size_t const i = at / n;
    code_t const id = ids(static_cast<index_t>(i), static_cast<index_t>(at % n));
    if (id < 0 || static_cast<std::size_t>(id) >= x.cols())
      throw value_error(
          "pick",
          "row " + std::to_string(i) + " asks for column " + std::to_string(id) + " of " + std::to_string(x.cols()), i);
    from[at] = i * x.cols() + static_cast<std::size_t>(id);
    y.data()[at] = x.data()[from[at]];
  }
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t at = 0; at < y.size(); ++at) to[from[at]] += y.gradient_data()[at];
      },
      y);
  return y;
}

/// y_i = x_ii, rows x 1, of a square matrix: the positives of a contrastive loss.
template <Scalar T>
[[nodiscard]] variable<T> diagonal(variable<T> x) {
  if (x.rows() != x.cols()) throw shape_error("diagonal", "x is " + shape_text(x) + ", expected a square matrix");
  tape<T>& t = x.owner();
  std::size_t const n = x.rows();
  variable<T> const y = t.result(n, 1, x);
  for (std::size_t i = 0; i < n; ++i) y.data()[i] = x.data()[i * n + i];
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t i = 0; i < n; ++i) to[i * n + i] += y.gradient_data()[i];
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
