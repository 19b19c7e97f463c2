// SPDX-License-Identifier: MIT
#pragma once
/// \file  Synthetic rows for tests; a function of the seed alone.
#include <sidera/core/matrix.hpp>
#include <sidera/core/random.hpp>

namespace laws {

/// Standard normal entries.
template <sidera::Scalar T = float>
[[nodiscard]] sidera::matrix<T> gaussian(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  sidera::random_stream const random(seed);
  sidera::matrix<T> x(static_cast<sidera::index_t>(rows), static_cast<sidera::index_t>(cols));
  for (std::size_t i = 0; i < rows * cols; ++i) x.data()[i] = static_cast<T>(random.normal(i));
  return x;
}

/// Row i is near centre i % clusters: centres have variance 1 per column, rows spread around them with `spread`.
template <sidera::Scalar T = float>
[[nodiscard]] sidera::matrix<T> clustered(std::size_t rows, std::size_t cols, std::size_t clusters, std::uint64_t seed,
                                          double spread = 0.2) {
  sidera::matrix<T> const centres = gaussian<T>(clusters, cols, seed);
  sidera::matrix<T> x = static_cast<T>(spread) * gaussian<T>(rows, cols, seed + 1);
  for (std::size_t i = 0; i < rows; ++i)
    x.row(static_cast<sidera::index_t>(i)) += centres.row(static_cast<sidera::index_t>(i % clusters));
  return x;
}

}  // namespace laws
