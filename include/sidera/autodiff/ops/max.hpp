// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// y_bj = the largest entry of column j in block b of `time` rows; the gradient goes to its first occurrence. With a
/// mask (one flag per row) only rows whose flag is not 0 count; a block without any is 0.
template <Scalar T>
[[nodiscard]] variable<T> max_of_blocks(variable<T> x, sequence_shape shape, mask_view mask) {
  constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();
  tape<T>& t = x.owner();
  std::size_t const n = x.cols(), time = shape.time;
  variable<T> const y = t.result(shape.batch, n, x);
  auto* const winner = t.template scratch<std::uint32_t>(y.size());
  parallel_for(t, shape.batch, time * n, [&](std::size_t begin, std::size_t end) {
    std::fill(y.data() + begin * n, y.data() + end * n, T(0));
    std::fill(winner + begin * n, winner + end * n, nobody);
    for (std::size_t r = begin * time; r < end * time; ++r) {
      if (!mask.empty() && mask[r] == 0) continue;
      for (std::size_t j = 0, at = r / time * n; j < n; ++j, ++at) {
        T const v = x.data()[r * n + j];
        if (winner[at] == nobody || v > y.data()[at])
          y.data()[at] = v, winner[at] = static_cast<std::uint32_t>(r % time);
      }
    }
  });
  t.on_backward(
      [=] {
        T* const to = x.zeroed_target();
        for (std::size_t at = 0; at < y.size(); ++at)
          if (winner[at] != nobody) to[(at / n * time + winner[at]) * n + at % n] += y.gradient_data()[at];
      },
      y);
  return y;
}

template <Scalar T>
void require_numbers(variable<T> x, std::size_t count, std::string_view function) {
  if (count == 0) throw shape_error(function, "x is " + shape_text(x) + ": a maximum of no numbers");
}

}  // namespace detail

/// y = the largest entry, 1 x 1; the gradient goes to the first one.
template <Scalar T>
[[nodiscard]] variable<T> max(variable<T> x) {
  detail::require_numbers(x, x.size(), "max");
  return detail::max_of_blocks(detail::as_shape(x, x.size(), 1), {1, x.size()}, {});
}
/// y_j = max_i x_ij, 1 x columns; the gradient goes to the first one.
template <Scalar T>
[[nodiscard]] variable<T> max_over_rows(variable<T> x) {
  detail::require_numbers(x, x.rows(), "max_over_rows");
  return detail::max_of_blocks(x, {1, x.rows()}, {});
}
/// y_i = max_j x_ij, rows x 1; the gradient goes to the first one.
template <Scalar T>
[[nodiscard]] variable<T> max_over_columns(variable<T> x) {
  detail::require_numbers(x, x.cols(), "max_over_columns");
  return detail::max_of_blocks(detail::as_shape(x, x.size(), 1), {x.rows(), x.cols()}, {});
}
/// y_bj = max_t x_(b,t)j, batch x columns; the gradient goes to the first one. With a mask (one flag per row of x),
/// steps whose flag is 0 are left out; a sample without any step gives 0.
template <Scalar T>
[[nodiscard]] variable<T> max_over_time(variable<T> x, sequence_shape shape, mask_view mask = {}) {
  require_sequence(x, shape, "max_over_time");
  detail::require_numbers(x, shape.time, "max_over_time");
  if (!mask.empty() && mask.size() != x.rows())
    throw shape_error("max_over_time", "mask has " + std::to_string(mask.size()) + " flags, x is " + shape_text(x));
  return detail::max_of_blocks(x, shape, mask);
}

}  // namespace sidera::inline SIDERA_ABI
