// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a rotation policy of a product quantizer must offer, and the one that does nothing.
#include <sidera/core/matrix.hpp>

namespace sidera::inline SIDERA_ABI {

/// An orthogonal map that a product quantizer applies before it cuts the columns.
///
/// Syntax:    `rotation.rounds`  how many times rotation and codebooks are fitted in turn; 0: never
///            `rotation.template refit<T>(x, target)` -> D x D orthogonal matrix Q that brings x * Q near `target`
/// Models:    \ref no_rotation (PQ), \ref optimized_rotation (OPQ).
template <class R>
concept Rotation = std::copyable<R> && requires(R const& r, matrix_cref<float> const& x) {
  { r.rounds } -> std::convertible_to<std::size_t>;
  { r.template refit<float>(x, x) } -> std::same_as<matrix<float>>;
};

/// The columns stay as they are: product quantization, PQ (Jegou, Douze and Schmid 2011).
struct no_rotation {
  static constexpr std::size_t rounds = 0;

  template <Scalar T>
  [[nodiscard]] matrix<T> refit(matrix_cref<T> const& x, matrix_cref<T> const&) const {
    return matrix<T>::Identity(x.cols(), x.cols());
  }
};
static_assert(Rotation<no_rotation>);

}  // namespace sidera::inline SIDERA_ABI
