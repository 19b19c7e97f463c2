// SPDX-License-Identifier: MIT
#pragma once
/// \file  Sums over one or two contiguous rows.
#include <sidera/simd/batch.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// sum_i term(a[i], b[i]); `term` is called on batches and, for the tail, on scalars.
///
/// The order of the additions depends on the register width: results differ in the last bits between instruction sets.
template <Scalar T, class Term>
[[nodiscard]] T reduce(T const* a, T const* b, std::size_t n, Term term) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> s0(T(0)), s1(T(0));  // two sums: one addition does not wait for the other
  std::size_t i = 0;
  for (; i + 2 * w <= n; i += 2 * w) {
    s0 = s0 + term(load(a + i), load(b + i));
    s1 = s1 + term(load(a + i + w), load(b + i + w));
  }
  T sum = sum_lanes<T>(s0 + s1);
  for (; i < n; ++i) sum += term(a[i], b[i]);
  return sum;
}

}  // namespace sidera::inline SIDERA_ABI::simd
