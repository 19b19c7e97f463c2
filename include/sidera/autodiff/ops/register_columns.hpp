// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows of numbers a few registers at a time.
#include <array>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI::detail {

/// Registers of columns that a loop over rows keeps at a time: four sums of three kinds fit where there are 32.
template <Scalar T>
inline constexpr std::size_t column_registers = sizeof(simd::batch<T>) == 64 ? 4 : 2;

/// `lanes` numbers at p; the other lanes are 0.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE simd::batch<T> load_or_zero(T const* p, std::size_t lanes) noexcept {
  return lanes == simd::width<T> ? simd::load<T>(p) : simd::load_first<T>(p, lanes, T(0));
}

/// A piece of a row: `V` registers, of which the last one counts `lanes` lanes.
template <Scalar T, std::size_t V>
struct register_row {
  static constexpr std::size_t size = V;
  simd::batch<T> v[V];

  SIDERA_ALWAYS_INLINE static register_row zero() noexcept {
    register_row r;
    for (std::size_t i = 0; i < V; ++i) r.v[i] = simd::batch<T>(T(0));
    return r;
  }
  SIDERA_ALWAYS_INLINE static register_row of(T const* p, std::size_t lanes) noexcept {
    register_row r;
    for (std::size_t i = 0; i < V; ++i) r.v[i] = load_some<T>(p + i * simd::width<T>, lanes);
    return r;
  }
  /// The same with zeros in the lanes that do not count.
  SIDERA_ALWAYS_INLINE static register_row or_zero(T const* p, std::size_t lanes) noexcept {
    register_row r;
    for (std::size_t i = 0; i < V; ++i) r.v[i] = load_or_zero<T>(p + i * simd::width<T>, lanes);
    return r;
  }
  SIDERA_ALWAYS_INLINE void to(T* p, std::size_t lanes) const noexcept {
    for (std::size_t i = 0; i < V; ++i) store_some<T>(p + i * simd::width<T>, v[i], lanes);
  }
  /// v[0] + v[1] + ...
  [[nodiscard]] SIDERA_ALWAYS_INLINE simd::batch<T> sum() const noexcept {
    simd::batch<T> s = v[0];
    for (std::size_t i = 1; i < V; ++i) s = s + v[i];
    return s;
  }
  /// this += p.
  SIDERA_ALWAYS_INLINE void add(T const* p, std::size_t lanes) noexcept {
    for (std::size_t i = 0; i < V; ++i) v[i] = v[i] + load_some<T>(p + i * simd::width<T>, lanes);
  }
  /// this += a p.
  SIDERA_ALWAYS_INLINE void add_scaled(T const* p, T a, std::size_t lanes) noexcept {
    for (std::size_t i = 0; i < V; ++i) v[i] = v[i] + simd::batch<T>(a) * load_some<T>(p + i * simd::width<T>, lanes);
  }
  /// p += a this.
  SIDERA_ALWAYS_INLINE void add_scaled_to(T* p, T a, std::size_t lanes) const noexcept {
    for (std::size_t i = 0; i < V; ++i) {
      T* const at = p + i * simd::width<T>;
      store_some<T>(at, load_some<T>(at, lanes) + simd::batch<T>(a) * v[i], lanes);
    }
  }
  /// p += this.
  SIDERA_ALWAYS_INLINE void add_to(T* p, std::size_t lanes) const noexcept {
    for (std::size_t i = 0; i < V; ++i) {
      T* const at = p + i * simd::width<T>;
      store_some<T>(at, load_some<T>(at, lanes) + v[i], lanes);
    }
  }
};

/// Calls body(j, V, lanes) for the pieces of columns begin .. end - 1, where V is a constant: several whole registers,
/// then single ones, of which the last may be incomplete. An entry's place in a register depends on `begin` alone.
template <Scalar T, class Body>
SIDERA_ALWAYS_INLINE void for_registers(std::size_t begin, std::size_t end, Body const& body) {
  constexpr std::size_t w = simd::width<T>, many = column_registers<T>;
  std::size_t j = begin;
  for (; j + many * w <= end; j += many * w) body(j, std::integral_constant<std::size_t, many>{}, w);
  for (; j < end; j += w) body(j, std::integral_constant<std::size_t, 1>{}, std::min(w, end - j));
}

}  // namespace sidera::inline SIDERA_ABI::detail
