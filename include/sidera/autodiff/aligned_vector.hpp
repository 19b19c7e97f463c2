// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <new>
#include <sidera/core/config.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Memory that starts at a cache line.
template <class T>
struct cache_line_allocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  cache_line_allocator() = default;
  template <class U>
  cache_line_allocator(cache_line_allocator<U> const&) noexcept {}  // NOLINT: what containers expect

  [[nodiscard]] T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }

  template <class U>
  bool operator==(cache_line_allocator<U> const&) const noexcept {
    return true;
  }
};

/// A vector whose first element starts a cache line: what one SIMD pass runs over.
template <class T>
using aligned_vector = std::vector<T, cache_line_allocator<T>>;

}  // namespace sidera::inline SIDERA_ABI
