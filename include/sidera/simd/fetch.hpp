// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <sidera/core/config.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI::simd {

/// Asks for the lines of some memory ahead of their use; `Locality` as of __builtin_prefetch: 3 for the first-level
/// cache, 2 for the second.
template <int Locality, class T>
SIDERA_ALWAYS_INLINE void fetch(std::span<T const> numbers) noexcept {
  auto const* const bytes = reinterpret_cast<char const*>(numbers.data());
  for (std::size_t b = 0; b < numbers.size_bytes(); b += 64) __builtin_prefetch(bytes + b, 0, Locality);
}

}  // namespace sidera::inline SIDERA_ABI::simd
