// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/layer_norm.hpp>
#include <sidera/layers/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// The op \ref layer_norm with a gain (1 at first) and a bias (0 at first) per column. Parameters: "name.gain",
/// "name.bias".
struct layer_normalization {
  parameter gain, bias;
  double epsilon = 1e-5;

  layer_normalization() = default;
  template <Scalar T>
  layer_normalization(parameters<T>& store, std::string const& name, std::size_t dim)
      : gain(store.add(name + ".gain", 1, dim)), bias(store.add(name + ".bias", 1, dim)) {
    store.value(gain).setOnes();
  }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, pass = {}) const {
    return layer_norm(x, x.owner()[gain], x.owner()[bias], epsilon);
  }
};
static_assert(Layer<layer_normalization>);

}  // namespace sidera::inline SIDERA_ABI
