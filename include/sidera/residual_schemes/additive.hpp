// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/residual_schemes/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Search the residual alone: residual quantization, RQ (Juang and Gray 1982).
struct additive_residual {
  [[nodiscard]] std::size_t width(std::size_t dim, std::size_t) const noexcept { return dim; }
  [[nodiscard]] double prefix_weight() const noexcept { return 0; }

  template <Scalar T>
  void compose(std::span<T const> residual, std::span<T const>, std::size_t, std::span<T> query) const {
    std::copy(residual.begin(), residual.end(), query.begin());
  }
};
static_assert(LinearResidualScheme<additive_residual>);

}  // namespace sidera::inline SIDERA_ABI
