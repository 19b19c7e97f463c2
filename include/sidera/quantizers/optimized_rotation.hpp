// SPDX-License-Identifier: MIT
#pragma once
#include <Eigen/SVD>
#include <sidera/quantizers/rotation.hpp>

namespace sidera::inline SIDERA_ABI {

/// Optimised product quantization, OPQ (Ge, He, Ke and Sun, CVPR 2013, the non-parametric solution): codebooks and
/// rotation are fitted in turn; the rotation solves the orthogonal Procrustes problem min |x Q - target| by an SVD of
/// x^T target.
struct optimized_rotation {
  std::size_t rounds = 8;

  template <Scalar T>
  [[nodiscard]] matrix<T> refit(matrix_cref<T> const& x, matrix_cref<T> const& target) const {
    Eigen::MatrixXd const product = x.transpose().template cast<double>() * target.template cast<double>();
    Eigen::BDCSVD<Eigen::MatrixXd> const svd(product, Eigen::ComputeFullU | Eigen::ComputeFullV);
    return (svd.matrixU() * svd.matrixV().transpose()).template cast<T>();
  }
};
static_assert(Rotation<optimized_rotation>);

}  // namespace sidera::inline SIDERA_ABI
