// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x^exponent. Whole exponents up to 64 are products and take negative x; others need x > 0.
struct pow {
  double exponent = 2;

  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return power(x, exponent);
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    if (exponent == 0) return B(0);  // x^-1 is infinite at 0
    return batch_math::constant<B>(exponent) * power(x, exponent - 1);
  }

 private:
  template <class B>
  [[nodiscard]] static B power(B x, double e) noexcept {
    if (e != static_cast<int>(e) || e < -64 || e > 64) return batch_math::pow(x, batch_math::constant<B>(e));
    B result(1), square = x;
    for (int bits = static_cast<int>(e < 0 ? -e : e); bits != 0; bits /= 2, square = square * square)
      if (bits % 2 == 1) result = result * square;
    return e < 0 ? B(1) / result : result;
  }
};

}  // namespace functions

/// y = x^exponent, see functions::pow.
template <Scalar T>
[[nodiscard]] variable<T> pow(variable<T> x, double exponent) {
  return map(functions::pow{.exponent = exponent}, x);
}

}  // namespace sidera::inline SIDERA_ABI
