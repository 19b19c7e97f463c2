// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/residual_schemes/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Search the direction of the residual: every level sees rows of unit length, so that items whose residual is small
/// still spread over the words (`normalize_residuals` of GRID, Snap, CIKM 2025).
///
/// The direction alone cannot be decoded; a word explains the mean residual of its members, so that decoding works and
/// the distortion of the training rows does not rise from level to level. A residual of zero stays zero.
struct normalized_residual {
  static constexpr bool explains_by_mean = true;

  [[nodiscard]] std::size_t width(std::size_t dim, std::size_t) const noexcept { return dim; }

  template <Scalar T>
  void compose(std::span<T const> residual, std::span<T const>, std::size_t, std::span<T> query) const {
    double square = 0;
    for (T const r : residual) square += static_cast<double>(r) * static_cast<double>(r);
    double const scale = square > 0 ? 1 / std::sqrt(square) : 0;
    std::transform(residual.begin(), residual.end(), query.begin(),
                   [scale](T r) { return static_cast<T>(static_cast<double>(r) * scale); });
  }
};
static_assert(ResidualScheme<normalized_residual> && !LinearResidualScheme<normalized_residual>);

}  // namespace sidera::inline SIDERA_ABI
