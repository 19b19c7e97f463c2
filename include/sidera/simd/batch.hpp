// SPDX-License-Identifier: MIT
#pragma once
/// \file  The one door to xsimd. Only operations that tests/unit/simd/batch_audit_test.cpp audits may be used: Debian's
///        xsimd 8.1 has wrong or missing operations (haddp, !=, batch_bool ^, zip, ssub, andnot, fma, reduce_*).
#include <concepts>
#include <cstddef>
#include <sidera/core/scalar.hpp>
#include <xsimd/xsimd.hpp>

#if !defined(XSIMD_VERSION_MAJOR) || XSIMD_VERSION_MAJOR < 8
#error "sidera needs xsimd 8.1 or newer"
#endif

namespace sidera::inline SIDERA_ABI::simd {

template <Scalar T>
using batch = xsimd::batch<T>;

/// Lanes of one register.
template <Scalar T>
inline constexpr std::size_t width = batch<T>::size;

template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> load(T const* p) noexcept {
  return batch<T>::load_unaligned(p);
}
template <Scalar T>
SIDERA_ALWAYS_INLINE void store(T* p, batch<T> v) noexcept {
  v.store_unaligned(p);
}

/// The same register for xsimd's functions of the instruction set below AVX-512BW, whose own `select` of integers in
/// xsimd 8.1 hands a batch to intrinsics that are macros in g++ without optimisation: it does not compile there.
template <class B>
[[nodiscard]] SIDERA_ALWAYS_INLINE auto below_avx512bw(B x) noexcept {
  if constexpr (std::same_as<typename B::arch_type, xsimd::avx512bw>)
    return xsimd::batch<typename B::value_type, xsimd::avx512dq>(x.data);
  else
    return x;
}

/// Lane 0 + lane 1 + ... in that order.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T sum_lanes(batch<T> v) noexcept {
  T lanes[width<T>];
  v.store_unaligned(lanes);
  T sum = lanes[0];
  for (std::size_t i = 1; i < width<T>; ++i) sum += lanes[i];
  return sum;
}

}  // namespace sidera::inline SIDERA_ABI::simd
