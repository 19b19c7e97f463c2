// SPDX-License-Identifier: MIT
#pragma once
/// \file  Canonical correlation analysis of two views: the classic that a shared codebook has to beat.
#include <Eigen/Cholesky>
#include <Eigen/SVD>

#include "data.hpp"

namespace program {

/// Linear maps of two views to directions that correlate best, each scaled by its correlation; Hotelling (1936).
/// Covariances get `ridge` on the diagonal of standardised columns.
class canonical_correlation {
 public:
  canonical_correlation(matrix const& a, matrix const& b, std::size_t directions, double ridge = 0.1) {
    dense const x = standardise(a, mean_a_, scale_a_), y = standardise(b, mean_b_, scale_b_);
    dense const wx = whitening(x, ridge), wy = whitening(y, ridge);
    dense const cross = wx.transpose() * (x.transpose() * y) * wy / static_cast<double>(x.rows());
    Eigen::BDCSVD<Eigen::MatrixXd> const svd(cross, Eigen::ComputeThinU | Eigen::ComputeThinV);
    auto const k = std::min<index_t>(static_cast<index_t>(directions), svd.singularValues().size());
    Eigen::VectorXd const strength = svd.singularValues().head(k);
    map_a_ = wx * svd.matrixU().leftCols(k) * strength.asDiagonal();
    map_b_ = wy * svd.matrixV().leftCols(k) * strength.asDiagonal();
  }

  [[nodiscard]] matrix first(matrix const& x) const { return project(x, mean_a_, scale_a_, map_a_); }
  [[nodiscard]] matrix second(matrix const& x) const { return project(x, mean_b_, scale_b_, map_b_); }

 private:
  using dense = Eigen::MatrixXd;
  using row = Eigen::RowVectorXd;

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
    dense c = x.transpose() * x / static_cast<double>(x.rows());
    c.diagonal().array() += ridge;
    Eigen::LLT<dense> const factor(c);
    return factor.matrixL().transpose().solve(dense::Identity(c.rows(), c.cols()));
  }
  static matrix project(matrix const& x, row const& mean, row const& scale, dense const& map) {
    dense const values = (x.cast<double>().rowwise() - mean) * scale.asDiagonal();
    return (values * map).cast<float>();
  }

  row mean_a_, scale_a_, mean_b_, scale_b_;
  dense map_a_, map_b_;
};

}  // namespace program
