// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/reduce.hpp>

namespace sidera::inline SIDERA_ABI {

/// -<a, b>: the largest inner product is the nearest. A metric to search with but no divergence to train with.
struct inner_product {
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return -simd::reduce(a.data(), b.data(), a.size(), [](auto x, auto y) { return x * y; });
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d)
      sum = std::fma(static_cast<double>(a[d]), static_cast<double>(b[d]), sum);
    return -sum;
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    for (std::size_t d = 0; d < word.size(); ++d) direction[d] = static_cast<double>(word[d]);
    return 0;
  }
};
static_assert(LinearMetric<inner_product> && !Divergence<inner_product>);

}  // namespace sidera::inline SIDERA_ABI
