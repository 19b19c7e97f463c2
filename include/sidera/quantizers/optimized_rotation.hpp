// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/quantizers/nearest_rotation.hpp>
#include <sidera/quantizers/rotation.hpp>

namespace sidera::inline SIDERA_ABI {

/// Optimised product quantization, OPQ (Ge, He, Ke and Sun, CVPR 2013, the non-parametric solution): codebooks and
/// rotation are fitted in turn; the rotation solves the orthogonal Procrustes problem min |x Q - target| by the polar
/// factor of x^T target.
struct optimized_rotation {
  std::size_t rounds = 8;

  template <Scalar T>
  [[nodiscard]] matrix<T> refit(matrix_cref<T> const& x, matrix_cref<T> const& target) const {
    matrix<double> const from = x.template cast<double>(), to = target.template cast<double>();
    return nearest_rotation(simd::product_tn<double>(from, to)).template cast<T>();
  }
};
static_assert(Rotation<optimized_rotation>);

}  // namespace sidera::inline SIDERA_ABI
