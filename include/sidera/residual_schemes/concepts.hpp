// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a residual scheme must offer.
#include <algorithm>
#include <sidera/core/scalar.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// How one level of a residual quantizer hands over to the next.
///
/// At every level a sample is split into what the words so far explain (`prefix`, the sum of the explained parts) and
/// what they do not (`residual`); prefix + residual = sample.
///
/// Syntax:    `r.width(dim, level)`                    columns of the level's codebook
///            `r.compose(residual, prefix, level, q)`  writes the row that is searched, of that width
/// Semantics: `width` and `compose` are functions of their arguments alone.
/// Options:   `r.prefix_weight()` -> double: compose is [residual ; weight * prefix], the prefix half absent where the
///            width is dim. Such a scheme is linear: all levels can be encoded from one product with the stacked words;
///            `R::explains_by_mean` = true: the first dim columns of a word are no part of the sample space; what a
///            word explains is the mean residual of its members instead.
/// Models:    \ref additive_residual (RQ), \ref prefix_residual (PSRQ), \ref normalized_residual.
template <class R>
concept ResidualScheme = std::semiregular<R> &&
    requires(R const& r, std::size_t n, std::span<float const> in, std::span<float> out) {
  { r.width(n, n) } -> std::same_as<std::size_t>;
  { r.compose(in, in, n, out) } -> std::same_as<void>;
};

/// A scheme whose query is linear in [residual ; prefix]; see \ref ResidualScheme.
template <class R>
concept LinearResidualScheme = ResidualScheme<R> && requires(R const& r) {
  { r.prefix_weight() } -> std::same_as<double>;
};

/// Whether a word of this scheme explains its members' mean residual rather than its own first columns.
template <class R>
inline constexpr bool explains_by_mean = requires {
  requires R::explains_by_mean;
};

}  // namespace sidera::inline SIDERA_ABI
