// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/broadcast.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(a, b) = a b.
struct mul {
  template <class B>
  [[nodiscard]] B f(B a, B b) const noexcept {
    return a * b;
  }
  template <class B>
  [[nodiscard]] B da(B, B b, B) const noexcept {
    return b;
  }
  template <class B>
  [[nodiscard]] B db(B a, B, B) const noexcept {
    return a;
  }
};

}  // namespace functions

/// y = a b, entry by entry; a size of 1 is repeated.
template <Scalar T>
[[nodiscard]] variable<T> mul(variable<T> a, variable<T> b) {
  return detail::broadcast(functions::mul{}, "mul", a, b);
}
template <Scalar T>
[[nodiscard]] variable<T> operator*(variable<T> a, variable<T> b) {
  return mul(a, b);
}

}  // namespace sidera::inline SIDERA_ABI
