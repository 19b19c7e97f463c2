// SPDX-License-Identifier: MIT
#pragma once
/// \file  Functions of a simd::batch by qualified names: ops are called exp, tanh, ... themselves, and inside a class
///        of that name the function of the SIMD library could not be found.
#include <sidera/simd/batch.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail::found_by_argument {

template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B exp_of(B x) noexcept {
  return exp(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B log_of(B x) noexcept {
  return B(log(simd::below_avx512bw(x)).data);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B log1p_of(B x) noexcept {
  return log1p(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B tanh_of(B x) noexcept {
  return tanh(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B erf_of(B x) noexcept {
  return erf(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B sqrt_of(B x) noexcept {
  return sqrt(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B abs_of(B x) noexcept {
  return abs(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B pow_of(B x, B y) noexcept {
  return B(pow(simd::below_avx512bw(x), simd::below_avx512bw(y)).data);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B max_of(B a, B b) noexcept {
  return max(a, b);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B min_of(B a, B b) noexcept {
  return min(a, b);
}
template <class Mask, class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B select_of(Mask where, B a, B b) noexcept {
  return select(where, a, b);
}

}  // namespace detail::found_by_argument

namespace batch_math {

namespace adl = detail::found_by_argument;

/// Every lane holds `x`, rounded to the type of the lanes.
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B constant(double x) noexcept {
  return B(static_cast<typename B::value_type>(x));
}

/// `f` of x, where f changes no more beyond +-1000. The SIMD library turns a double's exponent into an integer, and
/// none holds that of NaN or infinity: the lanes go in as numbers, and NaN comes back as it was.
template <class B, class F>
[[nodiscard]] SIDERA_ALWAYS_INLINE B of_finite(B x, F f) noexcept {
  if constexpr (sizeof(typename B::value_type) < sizeof(double)) {
    return f(x);
  } else {
    auto const number = x == x;
    B const inside = adl::min_of(constant<B>(1000), adl::max_of(constant<B>(-1000), x));
    return adl::select_of(number, f(adl::select_of(number, inside, constant<B>(0))), x);
  }
}

template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B exp(B x) noexcept {
  return of_finite(x, adl::exp_of<B>);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B log(B x) noexcept {
  return adl::log_of(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B log1p(B x) noexcept {
  return adl::log1p_of(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B tanh(B x) noexcept {
  return of_finite(x, adl::tanh_of<B>);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B erf(B x) noexcept {
  return of_finite(x, adl::erf_of<B>);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B sqrt(B x) noexcept {
  return adl::sqrt_of(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B abs(B x) noexcept {
  return adl::abs_of(x);
}
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B pow(B x, B y) noexcept {
  return adl::pow_of(x, y);
}
/// The larger one; `b` when one of them is NaN on x86, so pass the data as `b` and constants as `a`.
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B max(B a, B b) noexcept {
  return adl::max_of(a, b);
}
/// The smaller one; see max.
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B min(B a, B b) noexcept {
  return adl::min_of(a, b);
}
template <class Mask, class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE B select(Mask where, B a, B b) noexcept {
  return adl::select_of(where, a, b);
}

}  // namespace batch_math
}  // namespace sidera::inline SIDERA_ABI
