// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/sequence_shape.hpp>
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a layer may want to know beside its input. The default is inference.
struct pass {
  bool training = false;   ///< dropout is at work
  std::uint64_t step = 0;  ///< of the training: what dropout drops depends on it
};

/// Rows that are batch x time, and which of them hold data.
struct sequence {
  sequence_shape shape;
  mask_view valid = {};  ///< one flag per row, not 0: holds data; empty: all do

  /// Throws shape_error when the flags do not fit the shape.
  void require_mask(std::string_view function) const {
    if (!valid.empty() && valid.size() != shape.rows())
      throw shape_error(function, "mask has " + std::to_string(valid.size()) + " flags, expected batch " +
                                      std::to_string(shape.batch) + " x time " + std::to_string(shape.time));
  }
};

/// A differentiable function of rows with parameters of its own.
///
/// Syntax:    `l(x, pass)` -> variable
/// Semantics: a layer is a plain struct of \ref parameter numbers and sizes; the values live in the \ref parameters
///            store it was made with, so that copies share them and a copied store makes an independent model. A
///            layer is not bound to a number type. Row i of the result depends on row i of x alone.
/// Models:    \ref linear, \ref mlp, \ref layer_normalization, \ref dropout_layer, \ref sequential.
template <class L, class T = float>
concept Layer = Scalar<T> && std::copyable<L> && requires(L const l, variable<T> x, pass p) {
  { l(x, p) } -> std::same_as<variable<T>>;
};

/// A differentiable function of a batch of sequences; the rows of a sample depend on one another.
///
/// Syntax:    `l(x, sequence, pass)` -> variable with batch * time rows
/// Models:    \ref transformer_encoder_layer, \ref transformer_encoder, \ref gru, \ref lstm.
template <class L, class T = float>
concept SequenceLayer = Scalar<T> && std::copyable<L> && requires(L const l, variable<T> x, sequence s, pass p) {
  { l(x, s, p) } -> std::same_as<variable<T>>;
};

}  // namespace sidera::inline SIDERA_ABI
