// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rounding as a layer: FSQ and LFQ, with the gradient straight through.
#include <sidera/autodiff/ops/straight_through.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/quantizers/finite_scalar_quantizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a layer that rounds makes of features.
template <Scalar T>
struct rounded_output {
  variable<T> quantised;  ///< N x D, numbers in [-1, 1] with a gradient to the features
  code_matrix codes;      ///< N x D
};

/// FSQ in a network: column d of z becomes the nearest of levels_d even steps in [-1, 1] to tanh z_d, the gradient is
/// that of tanh z_d; Mentzer et al. (ICLR 2024). Nothing is learned, no loss is needed beside that of the
/// task.
struct finite_scalar_layer {
  std::vector<std::size_t> levels = {8, 5, 5, 5};  ///< one per column, each at least 2
  bool squash = true;                              ///< the gradient is that of tanh z (FSQ); false: that of z (LFQ)

  /// LFQ (Yu et al., "Language model beats diffusion: tokenizer is key to visual generation", arXiv 2310.05737): the
  /// sign of each of `bits` columns; z <= 0 is code 0. Train it with \ref lookup_free_entropy.
  [[nodiscard]] static finite_scalar_layer lookup_free(std::size_t bits) {
    return {std::vector<std::size_t>(bits, 2), false};
  }

  template <Scalar T>
  [[nodiscard]] rounded_output<T> operator()(variable<T> z) const {
    auto const q = quantizer<T>();
    require_columns(z, levels.size(), "finite_scalar_layer", "z");
    rounded_output<T> out{z, q.encode(z.value(), z.owner().executor())};
    out.quantised = straight_through(squash ? tanh(z) : z, z.owner().constant(q.decode(out.codes)));
    return out;
  }

  /// The same rounding free of training code; equal codes and numbers.
  template <Scalar T = float>
  [[nodiscard]] finite_scalar_quantizer<T> quantizer() const {
    std::vector<scalar_cells<T>> cells;
    for (std::size_t const k : levels) cells.push_back(tanh_cells<T>(k));
    finite_scalar_quantizer<T> q({.levels = levels});
    q.set_cells(std::move(cells));
    return q;
  }
};

}  // namespace sidera::inline SIDERA_ABI
