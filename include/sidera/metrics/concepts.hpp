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
///            offers both is searched by the fused kernel of simd/, with the same result as brute force in double;
///            `m.resolution(word_length, dim)` -> \ref score_resolution: how well `exact` tells such scores apart;
///            `M::term(a, b)` on numbers and on batches, with m(a, b) = sum_d term(a_d, b_d) and no term negative, and
///            `M::term_roundings`, by how many roundings a term may be off: searched by a fused kernel as well;
///            `m.require_dim(dim)` throws when rows of this length do not fit the metric;
///            `m.save(fields)` and `m.load(fields)`, required of a metric with parameters whose models are saved. A
///            metric with numbers per column is a \ref ColumnMetric.
/// Models:    \ref squared_euclidean, \ref weighted_squared_euclidean, \ref cosine, \ref inner_product,
///            \ref manhattan.
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

/// A metric that is a sum of one term per column, none of them negative; see \ref Metric.
template <class M>
concept TermMetric = Metric<M> && !LinearMetric<M> && requires(M const& m, std::span<float const> row, float x) {
  { M::term(x, x) } -> std::same_as<float>;
  { M::term_roundings } -> std::convertible_to<double>;
  { m.exact(row, row) } -> std::same_as<double>;
};

/// Two words are ordered by `exact` as by their scores when the scores of a row x differ by more than
///   absolute + per_length |x| + per_difference |x - word|^2 + per_sum (|x| + |word|)^2,
/// |word| and |x - word| being the largest ones of the codebook. It covers the roundings of `exact` and of the
/// directions that `linear_form` writes, not of its bias.
struct score_resolution {
  double absolute = 0, per_length = 0, per_difference = 0, per_sum = 0;
};

/// The resolution of a metric, words being at most `word_length` and directions at most `direction_length` long.
///
/// For a metric that does not say: a sum of `dim` terms in any order, of the size of (|x| + |word|)^2 or of
/// |x| |direction|, each rounded a few times.
template <LinearMetric M>
[[nodiscard]] score_resolution resolution_of(M const& metric, double word_length, double direction_length,
                                             std::size_t dim) {
  if constexpr (requires { metric.resolution(word_length, dim); }) {
    return metric.resolution(word_length, dim);
  } else {
    double const error = 4 * (static_cast<double>(dim) + 8) * 0x1p-53;
    return {error * word_length * direction_length, error * direction_length, 0, error};
  }
}

namespace detail {
/// A bound of k v / (1 - k v), v = 2^-53, for the k roundings that a simd::exact_sum over `dim` terms passes, each term
/// being rounded at most four times: lanes of dim / 8 + 1 additions, three to join them, four.
[[nodiscard]] constexpr double exact_sum_error(std::size_t dim) noexcept {
  return 1.01 * (static_cast<double>(dim / 8) + 8) * 0x1p-53;
}
}  // namespace detail

/// m(a, b) in double, independent of the instruction set where the metric offers `exact`.
template <Metric M, Scalar T>
[[nodiscard]] double exact_distance(M const& metric, std::span<T const> a, std::span<T const> b) {
  if constexpr (requires { metric.exact(a, b); })
    return metric.exact(a, b);
  else
    return static_cast<double>(metric(a, b));
}

}  // namespace sidera::inline SIDERA_ABI
