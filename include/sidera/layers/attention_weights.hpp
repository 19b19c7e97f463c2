// SPDX-License-Identifier: MIT
#pragma once
/// \file  What becomes of attention scores.
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sigmoid.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/layers/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Turns scores (batch x time) into weights.
///
/// Syntax:    `w(scores, valid)` -> variable of the same shape; one flag per score, or none: all are valid
/// Semantics: places that are not valid have weight 0 and change nothing.
/// Models:    \ref raw_weights, \ref sigmoid_weights, \ref softmax_weights.
template <class W, class T = float>
concept AttentionWeights = std::copyable<W> && requires(W const w, variable<T> scores, mask_view valid) {
  { w(scores, valid) } -> std::same_as<variable<T>>;
};

namespace detail {

/// The flags as numbers 1 and 0 of the shape of x.
template <Scalar T>
[[nodiscard]] variable<T> flags_like(variable<T> x, mask_view valid) {
  if (valid.size() != x.size())
    throw shape_error("attention weights",
                      "mask has " + std::to_string(valid.size()) + " flags, scores are " + shape_text(x));
  T* const flags = x.owner().scratch(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) flags[i] = valid[i] != 0 ? T(1) : T(0);
  return x.owner().refer(flags, x.rows(), x.cols());
}

}  // namespace detail

/// The scores themselves: DIN keeps their sum, which says how strong an interest is (Zhou et al., KDD 2018).
struct raw_weights {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> scores, mask_view valid) const {
    return valid.empty() ? scores : scores * detail::flags_like(scores, valid);
  }
};

/// Each score squeezed into 0 .. 1 on its own.
struct sigmoid_weights {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> scores, mask_view valid) const {
    return raw_weights{}(sigmoid(scores), valid);
  }
};

/// Weights that sum to 1 over the valid places; 0 for a sample without any.
struct softmax_weights {
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> scores, mask_view valid) const {
    return valid.empty() ? softmax(scores) : masked_softmax(scores, valid);
  }
};

static_assert(AttentionWeights<raw_weights> && AttentionWeights<sigmoid_weights> && AttentionWeights<softmax_weights>);

}  // namespace sidera::inline SIDERA_ABI
