// SPDX-License-Identifier: MIT
#pragma once
/// \file  Products of whole matrices by \ref gemm, outside the tape. One kernel for every caller: each product of
/// Eigen's would be compiled anew for every pair of expression types.
#include <sidera/core/matrix.hpp>
#include <sidera/simd/gemm.hpp>

namespace sidera::inline SIDERA_ABI::simd {
namespace detail {

template <class Matrix>
[[nodiscard]] auto view_of(Matrix const& m) noexcept {
  return row_major(m.data(), static_cast<std::size_t>(m.outerStride()));
}

template <Scalar T>
[[nodiscard]] matrix<T> product_of(std::size_t m, std::size_t n, std::size_t k, strided_view<T> a, strided_view<T> b,
                                   executor_ref executor) {
  matrix<T> c(static_cast<index_t>(m), static_cast<index_t>(n));
  gemm_workspace<T> workspace;
  gemm(m, n, k, a, b, c.data(), n, false, workspace, executor);
  return c;
}

}  // namespace detail

/// A B; A is m x k, B is k x n. The inner sizes must agree.
template <Scalar T>
[[nodiscard]] matrix<T> product(std::type_identity_t<matrix_cref<T>> const& a, matrix<T> const& b,
                                executor_ref executor = {}) {
  return detail::product_of<T>(row_count(a), column_count(b), column_count(a), detail::view_of(a), detail::view_of(b),
                               executor);
}

/// A B'; A is m x k, B is n x k.
template <Scalar T>
[[nodiscard]] matrix<T> product_nt(std::type_identity_t<matrix_cref<T>> const& a, matrix<T> const& b,
                                   executor_ref executor = {}) {
  return detail::product_of<T>(row_count(a), row_count(b), column_count(a), detail::view_of(a),
                               detail::view_of(b).transposed(), executor);
}

/// A' B; A is k x m, B is k x n.
template <Scalar T>
[[nodiscard]] matrix<T> product_tn(std::type_identity_t<matrix_cref<T>> const& a, matrix<T> const& b,
                                   executor_ref executor = {}) {
  return detail::product_of<T>(column_count(a), column_count(b), row_count(a), detail::view_of(a).transposed(),
                               detail::view_of(b), executor);
}

}  // namespace sidera::inline SIDERA_ABI::simd
