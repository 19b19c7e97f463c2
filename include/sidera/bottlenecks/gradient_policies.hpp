// SPDX-License-Identifier: MIT
#pragma once
/// \file  How the gradient of what comes behind a bottleneck reaches what stands in front of it.
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/rotation_trick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/autodiff/ops/straight_through.hpp>

namespace sidera::inline SIDERA_ABI {

/// Passes the words on and the gradient back.
///
/// Syntax:    `g(z, words)` -> variable with the values of `words`, or, for a soft policy,
///            `g.mix(distances, words, step)` -> for every row of distances a mixture of the words, N x width
/// Semantics: the first form has the values of the words that were chosen; the second one approaches them with `step`,
///            given the distances of queries and words by the quantizer's metric, N x words.
/// Models:    \ref straight_through_gradient, \ref rotation_gradient; soft: \ref annealed_softmax.
template <class G>
concept HardGradient = std::copyable<G> && requires(G const& g, variable<float> v) {
  { g(v, v) } -> std::same_as<variable<float>>;
};
template <class G>
concept SoftGradient = std::copyable<G> && requires(G const& g, variable<float> v, std::size_t step) {
  { g.mix(v, v, step) } -> std::same_as<variable<float>>;
};
template <class G>
concept GradientPolicy = HardGradient<G> || SoftGradient<G>;

/// The gradient reaches the feature as if there were no bottleneck, see \ref straight_through.
struct straight_through_gradient {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> z, variable<T> words) const {
    return straight_through(z, words);
  }
};

/// The gradient turns with the rotation that takes the feature to its word, see \ref rotation_trick.
struct rotation_gradient {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> z, variable<T> words) const {
    return rotation_trick(z, words);
  }
};

/// Soft-to-hard annealing: y = sum_j softmax_j(-s m(q, e_j)) e_j with the metric m of the quantizer and a sharpness s
/// that grows from step to step; Agustsson et al., "Soft-to-hard vector quantization" (NeurIPS 2017), eq. 4, where m is
/// the squared distance. The gradient reaches the feature and learned words.
struct annealed_softmax {
  double sharpness = 1;
  double growth = 1.002;  ///< per step
  double largest = 1e4;

  [[nodiscard]] double at(std::size_t step) const {
    return std::min(largest, sharpness * std::pow(growth, static_cast<double>(step)));
  }
  template <Scalar T>
  [[nodiscard]] variable<T> mix(variable<T> distances, variable<T> words, std::size_t step) const {
    return matmul(softmax(distances * -at(step)), words);
  }
};

static_assert(HardGradient<straight_through_gradient> && HardGradient<rotation_gradient>);
static_assert(SoftGradient<annealed_softmax>);

}  // namespace sidera::inline SIDERA_ABI
