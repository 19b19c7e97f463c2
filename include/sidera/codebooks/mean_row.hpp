// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/matrix.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI::detail {

/// The mean of the rows of `x`, added up in double: a point near the rows, to subtract before scores are rounded.
template <Scalar T>
[[nodiscard]] std::vector<T> mean_row(matrix_cref<T> const& x) {
  std::vector<double> sum(column_count(x), 0.0);
  for (index_t i = 0; i < x.rows(); ++i)
    for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += static_cast<double>(row_span(x, i)[d]);
  std::vector<T> mean(sum.size());
  for (std::size_t d = 0; d < sum.size(); ++d) mean[d] = static_cast<T>(sum[d] / static_cast<double>(x.rows()));
  return mean;
}

}  // namespace sidera::inline SIDERA_ABI::detail
