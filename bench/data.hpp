// SPDX-License-Identifier: MIT
#pragma once
/// \file  Data like embeddings: clusters, and a spectrum that decays.
#include <Eigen/QR>
#include <sidera/codebooks/random_rows.hpp>
#include <sidera/core/matrix.hpp>
#include <sidera/core/random.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>

namespace bench {

using matrix = sidera::matrix<float>;
using sidera::index_t;

/// n x d standard normal numbers.
[[nodiscard]] inline matrix normal(index_t n, index_t d, sidera::random_stream random) {
  matrix m(n, d);
  for (index_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i)));
  return m;
}

/// n rows around 2000 centres. Centres and noise have the standard deviation 0.7 s_k along the k-th principal axis,
/// where s_k falls like k^(-1/2) and mean s_k^2 = 1; the axes are a random orthonormal basis; a small common offset.
[[nodiscard]] inline matrix clustered(index_t n, index_t d, std::uint64_t seed) {
  sidera::random_stream const random(seed, static_cast<std::uint64_t>(d));
  sidera::row_vector<float> spectrum(d);
  for (index_t k = 0; k < d; ++k) spectrum[k] = 1 / std::sqrt(static_cast<float>(k + 1));
  spectrum *= std::sqrt(static_cast<float>(d) / spectrum.squaredNorm());
  matrix const centres = normal(2000, d, random.fork(1));
  matrix rows = normal(n, d, random.fork(2));
  for (index_t i = 0; i < n; ++i)
    rows.row(i) += centres.row(static_cast<index_t>(random.fork(3).below(static_cast<std::uint64_t>(i), 2000)));
  rows.array().rowwise() *= 0.7f * spectrum.array();
  matrix const basis = Eigen::HouseholderQR<matrix>(normal(d, d, random.fork(4))).householderQ();
  matrix x = rows * basis;
  x.rowwise() += 0.05f * normal(1, d, random.fork(5)).row(0);
  return x;
}

/// A codebook for the data: random rows after a few passes of Lloyd.
[[nodiscard]] inline matrix trained_words(matrix const& x, std::size_t words, std::size_t passes) {
  sidera::vector_quantizer model({.words = words, .iterations = passes}, sidera::squared_euclidean{}, sidera::lloyd{},
                                 sidera::random_rows{});
  model.fit(x);
  return model.words();
}

/// Mean squared error of a reconstruction over the mean squared deviation from the mean.
[[nodiscard]] inline double relative_error(matrix const& x, matrix const& back) {
  auto const mean = x.cast<double>().colwise().mean().eval();
  return (x - back).cast<double>().squaredNorm() / (x.cast<double>().rowwise() - mean).squaredNorm();
}

[[nodiscard]] inline std::string text(char const* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

}  // namespace bench
