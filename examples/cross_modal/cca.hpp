// SPDX-License-Identifier: MIT
#pragma once
/// \file  Canonical correlation analysis of two views: the classic that a shared codebook has to beat.
#include <Eigen/Eigenvalues>
#include <sidera/simd/product.hpp>

#include "data.hpp"

namespace program {
using sidera::simd::product;
using sidera::simd::product_tn;

/// Linear maps of two views to directions that correlate best, each scaled by its correlation; Hotelling (1936).
/// Covariances get `ridge` on the diagonal of standardised columns.
class canonical_correlation {
 public:
  canonical_correlation(matrix const& a, matrix const& b, std::size_t directions, double ridge = 0.1) {
    dense const x = standardise(a, mean_a_, scale_a_), y = standardise(b, mean_b_, scale_b_);
    dense const wx = whitening(x, ridge), wy = whitening(y, ridge);
    dense cross = product_tn<double>(product<double>(x, wx), product<double>(y, wy));  // U S V'
    cross /= static_cast<double>(x.rows());
    solver const squares(product_tn<double>(cross, cross));  // V S^2 V', the smallest first
    auto const k = std::min<index_t>(static_cast<index_t>(directions), std::min(cross.rows(), cross.cols()));
    dense v = squares.eigenvectors().rightCols(k).rowwise().reverse();
    map_a_ = product<double>(wx, product<double>(cross, v));  // U S = cross V
    for (index_t i = 0; i < k; ++i) v.col(i) *= std::sqrt(std::max(0.0, squares.eigenvalues()(cross.cols() - 1 - i)));
    map_b_ = product<double>(wy, v);
  }

  [[nodiscard]] matrix first(matrix const& x) const { return project(x, mean_a_, scale_a_, map_a_); }
  [[nodiscard]] matrix second(matrix const& x) const { return project(x, mean_b_, scale_b_, map_b_); }

 private:
  using dense = sidera::matrix<double>;
  using row = sidera::row_vector<double>;
  using solver = Eigen::SelfAdjointEigenSolver<dense>;

  static dense standardise(matrix const& x, row& mean, row& scale) {
    dense const values = x.cast<double>();
    mean = values.colwise().mean();
    scale = ((values.rowwise() - mean).array().square().colwise().mean() + 1e-12).sqrt().inverse().matrix();
    for (index_t d = 0; d < scale.size(); ++d)
      if (scale(d) > 1e5) scale(d) = 0;  // a constant column
    return (values.rowwise() - mean) * scale.asDiagonal();
  }
  /// W with W' C W = 1 for the covariance C.
  static dense whitening(dense const& x, double ridge) {
    solver const c(product_tn<double>(x, x) / static_cast<double>(x.rows()));
    return c.eigenvectors() * (c.eigenvalues().array().max(0.0) + ridge).rsqrt().matrix().asDiagonal();
  }
  static matrix project(matrix const& x, row const& mean, row const& scale, dense const& map) {
    dense const values = (x.cast<double>().rowwise() - mean) * scale.asDiagonal();
    return product<double>(values, map).cast<float>();
  }

  row mean_a_, scale_a_, mean_b_, scale_b_;
  dense map_a_, map_b_;
};

}  // namespace program
