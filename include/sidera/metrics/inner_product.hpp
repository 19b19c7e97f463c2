// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/reduce.hpp>

namespace sidera::inline SIDERA_ABI {

/// -<a, b>: the largest inner product is the nearest. A metric to search with
/// but no divergence to train with.
struct inner_product {
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return -simd::reduce(a.data(), b.data(), a.size(), [](auto x, auto y) { return x * y; });
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    auto const step = [](auto sum, auto x, auto y) { return simd::multiply_add(x, y, sum); };
    return -simd::exact_sum(a.size(), step, a.data(), b.data());
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const noexcept {
    for (std::size_t d = 0; d < word.size(); ++d) direction[d] = static_cast<double>(word[d]);
    return 0;
  }

  /// Either product is off by at most e |x| |word|. Lengths whose product
  /// leaves the range of double tell nothing.
  [[nodiscard]] score_resolution resolution(double word_length, std::size_t dim) const noexcept {
    return {.absolute = static_cast<double>(dim) * 0x1p-1073,
            .per_length = 2.2 * detail::exact_sum_error(dim) * word_length};
  }
};
static_assert(LinearMetric<inner_product> && !Divergence<inner_product>);

}  // namespace sidera::inline SIDERA_ABI
