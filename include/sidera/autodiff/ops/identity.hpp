// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI::functions {

/// f(x) = x: the activation of a layer that has none.
struct identity {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return x;
  }
  template <class B>
  [[nodiscard]] B d(B, B) const noexcept {
    return B(1);
  }
};

}  // namespace sidera::inline SIDERA_ABI::functions
