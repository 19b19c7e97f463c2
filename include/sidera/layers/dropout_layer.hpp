// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/dropout.hpp>
#include <sidera/layers/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// The op \ref dropout in training, nothing in inference. Give every dropout of a model its own stream.
struct dropout_layer {
  double rate = 0;
  random_stream stream = random_stream();

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, pass p = {}) const {
    return p.training && rate > 0 ? dropout(x, rate, stream, p.step) : x;
  }
};
static_assert(Layer<dropout_layer>);

}  // namespace sidera::inline SIDERA_ABI
