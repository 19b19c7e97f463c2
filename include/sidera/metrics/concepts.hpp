// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a metric must offer, and what it may offer to be fast.
#include <cmath>
#include <concepts>
#include <sidera/core/scalar.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// Which point of a cell minimises the summed distance to its members.
namespace representative {

/// The arithmetic mean (squared Euclidean distance, with or without weights).
struct mean {
  template <Scalar T>
  static void from_mean(std::span<T>) noexcept {}
};

/// The mean scaled to unit length (cosine distance). A mean of zero stays zero.
struct normalized_mean {
  template <Scalar T>
  static void from_mean(std::span<T> word) noexcept {
    double square = 0;
    for (T const v : word) square += static_cast<double>(v) * static_cast<double>(v);
    if (!(square > 0)) return;
    double const scale = 1 / std::sqrt(square);
    for (T& v : word) v = static_cast<T>(static_cast<double>(v) * scale);
  }
};

/// The median of every coordinate (Manhattan distance). It is no function of the mean: rules that keep sums refuse it.
struct median {};

}  // namespace representative

namespace detail {
template <class M, class T>
concept compares_rows = requires(M const& m, std::span<T const> row) {
  { m(row, row) } -> std::convertible_to<T>;
};
}  // namespace detail

/// A dissimilarity between two rows of equal length: smaller is nearer. Enough to search a codebook.
///
/// Syntax:    `m(a, b)` for spans of float and of double
/// Semantics: no side effects; may be called from several threads.
/// Options:   `m.exact(a, b)` -> double: the same value in double, in a fixed order of operations, so that it does not
///            depend on the instruction set;
///            `m.linear_form(word, direction)` -> double: writes a direction and returns a bias such that, for all x,
///            the word with the smallest m(x, word) is the one with the largest <x, direction> + bias. A metric that
///            offers both is searched by the fused kernel of simd/, with the same result as brute force in double.
/// Models:    \ref squared_euclidean, \ref weighted_squared_euclidean, \ref cosine, \ref inner_product, \ref manhattan.
template <class M>
concept Metric = std::semiregular<M> && detail::compares_rows<M, float> && detail::compares_rows<M, double>;

/// A metric that codebooks can be trained with: it says which point represents a cell.
///
/// Syntax:    `typename M::representative_type`
/// Semantics: m(a, a) <= m(a, b) for all b; the representative minimises the sum of m over the members of a cell.
/// Models:    all metrics of the library but \ref inner_product, which has no nearest point: longer is always nearer.
template <class M>
concept Divergence = Metric<M> && requires {
  typename M::representative_type;
};

/// A metric that the fused kernel can search; see \ref Metric.
template <class M>
concept LinearMetric = Metric<M> && requires(M const& m, std::span<float const> word, std::span<double> direction) {
  { m.linear_form(word, direction) } -> std::same_as<double>;
  { m.exact(word, word) } -> std::same_as<double>;
};

/// m(a, b) in double, independent of the instruction set where the metric offers `exact`.
template <Metric M, Scalar T>
[[nodiscard]] double exact_distance(M const& metric, std::span<T const> a, std::span<T const> b) {
  if constexpr (requires { metric.exact(a, b); })
    return metric.exact(a, b);
  else
    return static_cast<double>(metric(a, b));
}

}  // namespace sidera::inline SIDERA_ABI
