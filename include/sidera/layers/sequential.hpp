// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/layers/concepts.hpp>
#include <tuple>

namespace sidera::inline SIDERA_ABI {

/// Layers one after another: y = l_n(... l_2(l_1(x))).
template <class... Layers>
struct sequential {
  std::tuple<Layers...> layers;

  sequential() = default;
  explicit sequential(Layers... each) requires(sizeof...(Layers) > 0) : layers(std::move(each)...) {}

  template <Scalar T>
  requires(Layer<Layers, T>&&...) [[nodiscard]] variable<T> operator()(variable<T> x, pass p = {}) const {
    std::apply([&](Layers const&... each) { ((x = each(x, p)), ...); }, layers);
    return x;
  }
};
static_assert(Layer<sequential<>>);

}  // namespace sidera::inline SIDERA_ABI
