// SPDX-License-Identifier: MIT
#pragma once
/// \file  How often this program has asked for memory. Included by one test file only, since it replaces malloc.
#include <atomic>
#include <cstddef>
#include <cstdlib>

namespace tests {

inline std::atomic<std::size_t> allocation_counter{0};

[[nodiscard]] inline std::size_t allocations() noexcept {
  return allocation_counter.load();
}

// Eigen and operator new both end in malloc. Sanitizers bring their own, which must not be replaced.
#if defined(__GLIBC__) && !defined(SIDERA_TEST_SANITIZED)
inline constexpr bool counts_allocations = true;
#else
inline constexpr bool counts_allocations = false;
#endif

}  // namespace tests

#if defined(__GLIBC__) && !defined(SIDERA_TEST_SANITIZED)
extern "C" void* __libc_malloc(std::size_t size);  // NOLINT: glibc's name
extern "C" void* malloc(std::size_t size) {
  tests::allocation_counter.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
#endif
