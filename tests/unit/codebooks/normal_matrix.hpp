// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/matrix.hpp>
#include <sidera/core/random.hpp>

namespace tests {

/// offset + scale * standard normal numbers.
template <sidera::Scalar T>
sidera::matrix<T> normal_matrix(sidera::index_t rows, sidera::index_t cols, std::uint64_t seed, double scale = 1,
                                double offset = 0) {
  sidera::random_stream const random(seed);
  sidera::matrix<T> m(rows, cols);
  for (sidera::index_t i = 0; i < m.size(); ++i)
    m.data()[i] = static_cast<T>(offset + scale * random.normal(static_cast<std::uint64_t>(i)));
  return m;
}

}  // namespace tests
