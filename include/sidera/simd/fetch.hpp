// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sidera/core/config.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI::simd {

namespace detail {

inline constexpr std::size_t cache_line = 64;

/// Asks for the cache line of p[offset], to be written or read; it need not be where p points into.
template <bool Written, class T>
SIDERA_ALWAYS_INLINE void fetch_line(T const* p, std::size_t offset) noexcept {
  __builtin_prefetch(reinterpret_cast<void const*>(reinterpret_cast<std::uintptr_t>(p) + offset * sizeof(T)), Written);
}

}  // namespace detail

/// Asks for the first lines of some memory ahead of their use; `Locality` as of __builtin_prefetch: 3 for the
/// first-level cache, 2 for the second. The processor goes on by itself; more lines at once than it keeps in mind would
/// hold up everything else.
template <int Locality, class T>
SIDERA_ALWAYS_INLINE void fetch(std::span<T const> numbers) noexcept {
  constexpr std::size_t most = 8 * detail::cache_line;
  auto const* const bytes = reinterpret_cast<char const*>(numbers.data());
  for (std::size_t b = 0; b < std::min(numbers.size_bytes(), most); b += detail::cache_line)
    __builtin_prefetch(bytes + b, 0, Locality);
}

/// Memory that a kernel asks for, for the second-level cache, line by line while it computes: all at once they would
/// hold it up.
class fetch_ahead {
 public:
  /// Nothing to ask for.
  fetch_ahead() = default;
  template <class T>
  explicit fetch_ahead(std::span<T const> numbers) noexcept
      : next_(reinterpret_cast<std::uintptr_t>(numbers.data())), end_(next_ + numbers.size_bytes()) {
    if (next_ != end_) step_ = line;
  }

  /// Asks for the next line; behind the end for one that is of no use, which does no harm.
  SIDERA_ALWAYS_INLINE void one() noexcept {
    __builtin_prefetch(reinterpret_cast<void const*>(next_), 0, 2);
    next_ += step_;
  }
  /// Asks for all that are left.
  void rest() noexcept {
    for (; next_ < end_; next_ += line) __builtin_prefetch(reinterpret_cast<void const*>(next_), 0, 2);
  }

 private:
  static constexpr std::uintptr_t line = detail::cache_line;
  static constexpr char nothing = 0;
  std::uintptr_t next_ = reinterpret_cast<std::uintptr_t>(&nothing), end_ = next_, step_ = 0;
};

/// Memory that kernels ask for in a number of turns, a part of it in each.
template <class T>
class fetch_in_turns {
 public:
  /// Nothing to ask for.
  fetch_in_turns() = default;
  fetch_in_turns(std::span<T const> numbers, std::size_t turns) noexcept : numbers_(numbers), turns_(turns) {}

  /// What the next turn asks for; of no more turns than there are.
  [[nodiscard]] SIDERA_ALWAYS_INLINE fetch_ahead next() noexcept {
    std::size_t const from = numbers_.size() * turn_ / turns_, to = numbers_.size() * (turn_ + 1) / turns_;
    ++turn_;
    return fetch_ahead(numbers_.subspan(from, to - from));
  }

 private:
  std::span<T const> numbers_;
  std::size_t turns_ = 1, turn_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI::simd
