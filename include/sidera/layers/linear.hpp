// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/layers/initializers.hpp>

namespace sidera::inline SIDERA_ABI {

/// Whether a layer adds a bias.
enum class bias_use { yes, no };

/// y = f(x W + b); x is N x inputs, W inputs x outputs. Parameters: "name.weight", "name.bias" (zero at first).
template <class F = functions::identity>
struct linear {
  parameter weight, bias;
  [[no_unique_address]] F activation;

  linear() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  linear(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t outputs, random_stream stream,
         F f = {}, bias_use with_bias = bias_use::yes, I const& init = {})
      : weight(add_weight(store, name + ".weight", inputs, outputs, init, stream)),
        bias(with_bias == bias_use::yes ? store.add(name + ".bias", 1, outputs) : parameter{}),
        activation(f) {}

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, pass = {}) const {
    tape<T>& t = x.owner();
    if (bias != parameter{}) return dense(x, t[weight], t[bias], activation);
    if constexpr (std::is_same_v<F, functions::identity>)
      return matmul(x, t[weight]);
    else
      return map(activation, matmul(x, t[weight]));
  }
};
static_assert(Layer<linear<>>);

}  // namespace sidera::inline SIDERA_ABI
