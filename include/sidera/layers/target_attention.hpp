// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/ops/attend_rows.hpp>
#include <sidera/autodiff/ops/head_products.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// Multi-head attention of one query per sample to its history, without ever projecting the history.
///
/// With head h of the columns of W_q, W_k, W_v: q.(S W_k) = (W_k q).S and sum a_i (s_i W_v) = (sum a_i s_i) W_v, so the
/// key projection moves into the query and the value projection behind the sum: the numbers are those of the plain
/// form, at 1 / time of its cost. No biases inside (a key bias cancels in the softmax). Parameters: "name.query",
/// "name.key", "name.value", "name.out".
struct target_attention {
  parameter query, key, value, out;
  std::size_t heads = 1;

  target_attention() = default;
  /// Throws shape_error unless `heads` divides `dim`.
  template <Scalar T, WeightInitializer I = xavier_uniform>
  target_attention(parameters<T>& store, std::string const& name, std::size_t dim, std::size_t head_count,
                   random_stream stream, I const& init = {})
      : heads(head_count) {
    if (heads == 0 || dim % heads != 0)
      throw shape_error("target_attention",
                        std::to_string(dim) + " columns cannot be cut into " + std::to_string(heads) + " heads");
    for (auto const& [p, part] : {std::pair{&query, ".query"}, {&key, ".key"}, {&value, ".value"}, {&out, ".out"}})
      *p = add_weight(store, name + part, dim, dim, init, stream);
  }

  /// batch x dim. `items` is n x dim, or n sums of rows; `places` says which item each place of the batch uses,
  /// negative for padding, which changes no bit wherever it is; `queries` is batch x dim.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(std::type_identity_t<row_sums<T>> const& items, std::span<code_t const> places,
                                       variable<T> queries, std::size_t time) const {
    tape<T>& t = queries.owner();
    variable<T> const q = matmul_nt_by_heads(matmul(queries, t[query]), t[key], heads);
    double const scale = 1 / std::sqrt(static_cast<double>(items.cols() / heads));
    variable<T> const sums = attend_rows(q, items, places, time, heads, scale);
    return matmul(matmul_by_heads(sums, t[value], heads), t[out]);
  }
};

}  // namespace sidera::inline SIDERA_ABI
