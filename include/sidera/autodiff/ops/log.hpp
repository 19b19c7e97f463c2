// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = ln x.
struct log {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::log(x);
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    return B(1) / x;
  }
};

}  // namespace functions

/// y = ln x.
template <Scalar T>
[[nodiscard]] variable<T> log(variable<T> x) {
  return map(functions::log{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
