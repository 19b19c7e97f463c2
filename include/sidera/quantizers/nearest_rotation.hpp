// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <sidera/core/random.hpp>
#include <sidera/simd/product.hpp>

namespace sidera::inline SIDERA_ABI {

/// The orthogonal matrix Q that maximises tr(Q' A), the factor U V' of the decomposition A = U S V'; the identity for
/// A = 0. D x D, orthogonal to about 1e-13.
///
/// By products alone, x <- x (3/2 - x'x / 2), scaled as long as small singular values are to be lifted (Chen and Chow,
/// "A stable scaling of Newton-Schulz for improving the sign function computation of a Hermitian matrix", 2014). Where
/// A has no rank, Q is any completion: a part in 1e10 of fixed noise keeps the iteration from standing still there.
/// About 40 products at most. (A decomposition by Eigen costs each unit that uses it ten seconds of compile time.)
[[nodiscard]] inline matrix<double> nearest_rotation(matrix<double> const& a) {
  double const length = a.norm();
  matrix<double> x = matrix<double>::Identity(a.rows(), a.cols());
  if (!(length > 0)) return x;

  constexpr double noise = 1e-10;
  random_stream const random(0x51de7a);
  for (index_t i = 0; i < a.size(); ++i)
    x.data()[i] = a.data()[i] / length * 0.999 +
                  noise * random.normal(static_cast<std::uint64_t>(i)) / static_cast<double>(a.rows());
  double lowest = 1e-13;  // no singular value is below; one that is takes a few rounds more
  for (int round = 0; round < 100; ++round) {
    matrix<double> gram = simd::product_tn<double>(x, x);
    double error = 0;
    for (index_t i = 0; i < gram.rows(); ++i)
      for (index_t j = 0; j < gram.cols(); ++j) error = std::max(error, std::abs(gram(i, j) - (i == j ? 1 : 0)));
    if (error < 1e-14 * static_cast<double>(8 + a.rows())) break;
    double const scale = std::sqrt(3 / (1 + lowest + lowest * lowest));
    gram *= -scale * scale * scale / 2;
    gram.diagonal().array() += 1.5 * scale;
    x = simd::product<double>(x, gram);
    lowest = std::min(1.0, lowest * scale * (1.5 - 0.5 * scale * scale * lowest * lowest));
  }
  return x;
}

}  // namespace sidera::inline SIDERA_ABI
