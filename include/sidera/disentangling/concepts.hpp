// SPDX-License-Identifier: MIT
#pragma once
/// \file  What can be plugged into a model of disentangled representations.
#include <sidera/layers/concepts.hpp>
#include <sidera/layers/initializers.hpp>

namespace sidera::inline SIDERA_ABI {

/// A recipe for the network that turns one modality into features.
///
/// Syntax:    `e.make(store, name, inputs, outputs, random)` -> `E::layer`, a callable
///            `layer(x, sequence, pass)` -> variable, (batch * time) x outputs
/// Semantics: a small struct of sizes with defaults; equal recipes make equal layers from equal streams. All parameters
///            are called "name.*".
/// Models:    \ref mlp_encoder, \ref sequence_encoder.
template <class E, class T = float>
concept ViewEncoder = std::copyable<E> && std::copyable<typename E::layer> &&
    requires(E const e, parameters<T>& store, std::size_t width, random_stream random, variable<T> x, sequence s,
             pass p) {
  { e.make(store, std::string(), width, width, random) } -> std::same_as<typename E::layer>;
  { e.make(store, std::string(), width, width, random)(x, s, p) } -> std::same_as<variable<T>>;
};

/// Keeps what one feature says out of another one.
///
/// Syntax:    `typename D::template state<T>(d, store, name, general width, specific width, random)`,
///            `state(general, specific, sequence_shape, step)` -> 1 x 1 loss
/// Semantics: minimising the loss makes the two features tell less about one another. What has to be learned for it is
///            either in `store`, where it is optimised with the model, or trained inside the call, on constants.
/// Options:   `state.fit(general, specific, executor)`, `state.estimate(general, specific, sequence_shape, step)`: the
///            two halves of the call, what is trained inside it on the features of a batch (matrices), and the loss.
///            Batches in pieces need them: training sees the whole batch, the loss one piece.
///            `state.to_fields(field_set&, prefix)`, `state.from_fields(field_set, prefix)`: what it keeps from batch
///            to batch outside of `store`, so that checkpoints have it; asked of a state that has `fit`.
/// Models:    \ref club_decoupler, \ref reversal_decoupler, \ref hsic_decoupler, \ref orthogonality_decoupler.
template <class D, class T = float>
concept Decoupler = std::copyable<D> && std::copyable<typename D::template state<T>> &&
                    std::constructible_from < typename D::template state<T>,
        D, parameters<T>
&, std::string, std::size_t, std::size_t,
    random_stream >
        &&requires(typename D::template state<T>& state, variable<T> v, sequence_shape shape, std::size_t step) {
  { state(v, v, shape, step) } -> std::same_as<variable<T>>;
};

namespace detail {

/// The state of a decoupler that is trained inside its call.
template <class State, class T>
concept fits_on_batches = requires(State& state, matrix<T> const& m, executor_ref executor, variable<T> v,
                                   sequence_shape shape, std::size_t step) {
  state.fit(m, m, executor);
  { state.estimate(v, v, shape, step) } -> std::same_as<variable<T>>;
};

/// What checkpoints can hold.
template <class State>
concept has_fields = requires(State& state, State const& fixed, field_set& f, std::string const& prefix) {
  fixed.to_fields(f, prefix);
  state.from_fields(f, prefix);
};

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
