// SPDX-License-Identifier: MIT
#pragma once
/// \file  Matrices: one sample per row, row-major, contiguous rows.
#include <Eigen/Core>
#include <cstddef>
#include <sidera/core/scalar.hpp>
#include <span>

#if !EIGEN_VERSION_AT_LEAST(3, 4, 0)
#error "sidera needs Eigen 3.4 or newer"
#endif

namespace sidera::inline SIDERA_ABI {

using index_t = Eigen::Index;

/// N x D, one sample per row.
template <Scalar T>
using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What functions take: any row-major block without a copy; column-major input is silently copied once per call.
template <Scalar T>
using matrix_cref = Eigen::Ref<matrix<T> const, 0, Eigen::OuterStride<>>;

/// A row-major block that a function writes.
template <Scalar T>
using matrix_ref = Eigen::Ref<matrix<T>, 0, Eigen::OuterStride<>>;

template <Scalar T>
using row_vector = Eigen::Matrix<T, 1, Eigen::Dynamic>;

/// N x L, one row of codes per sample, one column per level.
using code_matrix = Eigen::Matrix<code_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using code_matrix_cref = Eigen::Ref<code_matrix const, 0, Eigen::OuterStride<>>;
using code_matrix_ref = Eigen::Ref<code_matrix, 0, Eigen::OuterStride<>>;

/// Integers that codes cannot hold, times for example, row-major.
using integer_matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using integer_matrix_cref = Eigen::Ref<integer_matrix const, 0, Eigen::OuterStride<>>;

/// Row `i` as a span; `m` is any row-major matrix, block or Ref.
template <class Matrix>
[[nodiscard]] auto row_span(Matrix& m, index_t i) noexcept {
  return std::span{m.data() + i * m.outerStride(), static_cast<std::size_t>(m.cols())};
}

template <class Matrix>
[[nodiscard]] std::size_t row_count(Matrix const& m) noexcept {
  return static_cast<std::size_t>(m.rows());
}

template <class Matrix>
[[nodiscard]] std::size_t column_count(Matrix const& m) noexcept {
  return static_cast<std::size_t>(m.cols());
}

}  // namespace sidera::inline SIDERA_ABI
