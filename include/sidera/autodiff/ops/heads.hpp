// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Moves pieces of `d` numbers: piece h of row (b, t) to row (b, h, t), or back.
template <Scalar T>
void move_heads(tape<T>& t, T const* from, sequence_shape shape, std::size_t heads, std::size_t d, bool split, T* to,
                bool add) {
  parallel_for(t, shape.batch, shape.time * heads * d, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin * shape.time; row < end * shape.time; ++row)
      for (std::size_t h = 0; h < heads; ++h) {
        std::size_t const joined = (row * heads + h) * d;
        std::size_t const apart = ((row / shape.time * heads + h) * shape.time + row % shape.time) * d;
        transform<T>(
            to + (split ? apart : joined), add, d, [](simd::batch<T> v) { return v; }, from + (split ? joined : apart));
      }
  });
}

template <Scalar T>
[[nodiscard]] variable<T> permute_heads(variable<T> x, sequence_shape shape, std::size_t heads, std::size_t d,
                                        bool split) {
  tape<T>& t = x.owner();
  variable<T> const y = split ? t.result(shape.rows() * heads, d, x) : t.result(shape.rows(), heads * d, x);
  move_heads(t, x.data(), shape, heads, d, split, y.data(), false);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        move_heads<T>(t, y.gradient_data(), shape, heads, d, !split, to.data, to.add);
      },
      y);
  return y;
}

}  // namespace detail

/// batch x time x (heads * d) becomes (batch * heads) x time x d: row (b * heads + h) * time + t.
template <Scalar T>
[[nodiscard]] variable<T> split_heads(variable<T> x, sequence_shape shape, std::size_t heads) {
  require_sequence(x, shape, "split_heads");
  if (heads == 0 || x.cols() % heads != 0)
    throw shape_error("split_heads",
                      "x is " + shape_text(x) + ", cannot be cut into " + std::to_string(heads) + " heads");
  return detail::permute_heads(x, shape, heads, x.cols() / heads, true);
}
/// The inverse: (batch * heads) x time x d becomes batch x time x (heads * d); `shape` is that of the result.
template <Scalar T>
[[nodiscard]] variable<T> merge_heads(variable<T> x, sequence_shape shape, std::size_t heads) {
  require_sequence(x, {shape.batch * heads, shape.time}, "merge_heads");
  return detail::permute_heads(x, shape, heads, x.cols(), false);
}

}  // namespace sidera::inline SIDERA_ABI
