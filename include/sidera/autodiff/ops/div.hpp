// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/broadcast.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(a, b) = a / b.
struct div {
  template <class B>
  [[nodiscard]] B f(B a, B b) const noexcept {
    return a / b;
  }
  template <class B>
  [[nodiscard]] B da(B, B b, B) const noexcept {
    return B(1) / b;
  }
  template <class B>
  [[nodiscard]] B db(B, B b, B y) const noexcept {
    return -y / b;
  }
};

}  // namespace functions

/// y = a / b, entry by entry; a size of 1 is repeated.
template <Scalar T>
[[nodiscard]] variable<T> div(variable<T> a, variable<T> b) {
  return detail::broadcast(functions::div{}, "div", a, b);
}
template <Scalar T>
[[nodiscard]] variable<T> operator/(variable<T> a, variable<T> b) {
  return div(a, b);
}

}  // namespace sidera::inline SIDERA_ABI
