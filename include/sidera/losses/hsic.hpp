// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/losses/mmd.hpp>

namespace sidera::inline SIDERA_ABI {

/// The Hilbert-Schmidt independence criterion, L = tr(K H L H) / N^2 >= 0 with H = I - 1/N; Gretton et al., "Measuring
/// statistical dependence with Hilbert-Schmidt norms" (ALT 2005), definition 2 (biased, over N^2). `k` and `l` are
/// kernel matrices of the same N rows. O(N^2) beyond the kernels.
template <Scalar T>
[[nodiscard]] variable<T> hsic(variable<T> k, variable<T> l) {
  require_shapes(k.rows() == k.cols() && k.rows() == l.rows() && k.cols() == l.cols(), "hsic", k, l,
                 "two square matrices of one size");
  // H K H, by rows and columns; tr(HKH L) = sum_ij (HKH)_ij L_ij
  variable<T> const centred = k - mean_over_rows(k) - mean_over_columns(k) + mean(k);
  return sum(centred * l) / static_cast<double>(k.rows() * k.rows());
}

/// \ref hsic of two samples with Gaussian kernels; N x D and N x D'.
template <Scalar T>
[[nodiscard]] variable<T> gaussian_hsic(variable<T> x, variable<T> y, double x_bandwidth = 1, double y_bandwidth = 1) {
  require_shapes(x.rows() == y.rows(), "gaussian_hsic", x, y, "equal rows");
  return hsic(gaussian_kernel(x, x, std::span(&x_bandwidth, 1)), gaussian_kernel(y, y, std::span(&y_bandwidth, 1)));
}

}  // namespace sidera::inline SIDERA_ABI
