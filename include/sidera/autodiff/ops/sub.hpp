// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/broadcast.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(a, b) = a - b.
struct sub {
  template <class B>
  [[nodiscard]] B f(B a, B b) const noexcept {
    return a - b;
  }
  template <class B>
  [[nodiscard]] B da(B, B, B) const noexcept {
    return B(1);
  }
  template <class B>
  [[nodiscard]] B db(B, B, B) const noexcept {
    return B(-1);
  }
};

}  // namespace functions

/// y = a - b; a size of 1 is repeated.
template <Scalar T>
[[nodiscard]] variable<T> sub(variable<T> a, variable<T> b) {
  return detail::broadcast(functions::sub{}, "sub", a, b);
}
template <Scalar T>
[[nodiscard]] variable<T> operator-(variable<T> a, variable<T> b) {
  return sub(a, b);
}

}  // namespace sidera::inline SIDERA_ABI
