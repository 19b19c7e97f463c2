// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// One of the factors of a batched product: block i starts at data + i * step.
template <Scalar T>
struct blocks_of {
  T const* data;
  std::size_t step, cols;
  bool transposed;

  [[nodiscard]] simd::strided_view<T> at(std::size_t i) const noexcept {
    auto const stored = simd::row_major(data + i * step, cols);
    return transposed ? stored.transposed() : stored;
  }
  [[nodiscard]] blocks_of flipped() const noexcept { return {data, step, cols, !transposed}; }
};

/// c_i (+)= a_i b_i for every block; a_i is m x k, b_i is k x n.
template <Scalar T>
void multiply_blocks(tape<T>& t, std::size_t blocks, std::size_t m, std::size_t n, std::size_t k, blocks_of<T> a,
                     blocks_of<T> b, T* c, bool add) {
  block_partition const work{blocks, std::max<std::size_t>(1, 8 * block_numbers / std::max<std::size_t>(1, m * n * k))};
  t.reserve_workspaces(
      simd::detail::gemm_plan<T>(m, n, k, a.at(0), simd::detail::contiguous_row_stride(b.at(0)), 1).size);
  t.executor().run(work.count(), [&](std::size_t w, std::size_t worker) {
    for (std::size_t i = work.begin(w); i < work.begin(w) + work.length(w); ++i)
      simd::gemm<T>(m, n, k, a.at(i), b.at(i), c + i * m * n, n, add, t.workspace(worker));
  });
}

/// y_i = op(a_i) op(b_i), see product() for the gradients.
template <Scalar T>
[[nodiscard]] variable<T> batched_product(std::string_view name, variable<T> a, bool ta, variable<T> b, bool tb,
                                          std::size_t blocks) {
  std::size_t const divisor = std::max<std::size_t>(blocks, 1), a_rows = a.rows() / divisor,
                    b_rows = b.rows() / divisor;
  require_shapes(a_rows * blocks == a.rows() && b_rows * blocks == b.rows(), name, a, b,
                 "rows that can be cut into equal blocks");
  std::size_t const m = ta ? a.cols() : a_rows, k = ta ? a_rows : a.cols(), n = tb ? b_rows : b.cols();
  require_shapes(k == (tb ? b.cols() : b_rows), name, a, b, "the same inner size in each block");
  tape<T>& t = a.owner();
  variable<T> const y = t.result(blocks * m, n, a, b);
  blocks_of<T> const left{a.data(), a_rows * a.cols(), a.cols(), ta}, right{b.data(), b_rows * b.cols(), b.cols(), tb};
  multiply_blocks(t, blocks, m, n, k, left, right, y.data(), false);
  t.on_backward(
      [=, &t] {
        blocks_of<T> const g{y.gradient_data(), m * n, n, false};
        if (auto const to = a.target()) {
          if (ta)
            multiply_blocks(t, blocks, k, m, n, right, g.flipped(), to.data, to.add);
          else
            multiply_blocks(t, blocks, m, k, n, g, right.flipped(), to.data, to.add);
        }
        if (auto const to = b.target()) {
          if (tb)
            multiply_blocks(t, blocks, n, k, m, g.flipped(), left, to.data, to.add);
          else
            multiply_blocks(t, blocks, k, n, m, left.flipped(), g, to.data, to.add);
        }
      },
      y);
  return y;
}

}  // namespace detail

/// y_i = a_i b_i for `blocks` equal blocks of rows: a_i is m x k, b_i is k x n, the result blocks * m x n. No
/// blocks of no rows (an empty batch) are blocks of size 0.
template <Scalar T>
[[nodiscard]] variable<T> batched_matmul(variable<T> a, variable<T> b, std::size_t blocks) {
  return detail::batched_product("batched_matmul", a, false, b, false, blocks);
}
/// y_i = a_i b_i^T; b_i is n x k: the scores of attention.
template <Scalar T>
[[nodiscard]] variable<T> batched_matmul_nt(variable<T> a, variable<T> b, std::size_t blocks) {
  return detail::batched_product("batched_matmul_nt", a, false, b, true, blocks);
}
/// y_i = a_i^T b_i; a_i is k x m.
template <Scalar T>
[[nodiscard]] variable<T> batched_matmul_tn(variable<T> a, variable<T> b, std::size_t blocks) {
  return detail::batched_product("batched_matmul_tn", a, true, b, false, blocks);
}

}  // namespace sidera::inline SIDERA_ABI
