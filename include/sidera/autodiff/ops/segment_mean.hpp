// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/scatter_add.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_s = sum of the rows i with ids_i = s, segments x columns; 0 where there is none.
template <Scalar T>
[[nodiscard]] variable<T> segment_sum(variable<T> x, std::span<code_t const> ids, std::size_t segments) {
  tape<T>& t = x.owner();
  T* const zeros = t.scratch(segments * x.cols());
  std::fill_n(zeros, segments * x.cols(), T(0));
  return scatter_add_rows(t.refer(zeros, segments, x.cols()), x, ids);
}
/// y_s = mean of the rows i with ids_i = s, segments x columns; 0 where there is none.
template <Scalar T>
[[nodiscard]] variable<T> segment_mean(variable<T> x, std::span<code_t const> ids, std::size_t segments) {
  variable<T> const sums = segment_sum(x, ids, segments);
  T* const factor = x.owner().scratch(segments);
  std::fill_n(factor, segments, T(0));
  for (code_t const id : ids)
    if (id >= 0) factor[id] += T(1);
  for (std::size_t s = 0; s < segments; ++s) factor[s] = factor[s] > 0 ? 1 / factor[s] : T(0);
  return sums * x.owner().refer(factor, segments, 1);
}

}  // namespace sidera::inline SIDERA_ABI
