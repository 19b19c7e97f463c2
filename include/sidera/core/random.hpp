// SPDX-License-Identifier: MIT
#pragma once
/// \file  Counter-based random numbers: the i-th number of a stream depends on (seed, stream, i) alone, never on who
/// asks
///        for it or in which order. Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC
///        2011).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <sidera/core/config.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One block of Philox4x32 with ten rounds.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                                std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    std::uint64_t const p0 = std::uint64_t{0xD2511F53} * counter[0];
    std::uint64_t const p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// 64 bits of which every one depends on every one of `z`: the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t z) noexcept {
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

/// A stream of random numbers that is addressed by index, i < 2^62. Copying is free; const members may be called from
/// any thread.
class random_stream {
 public:
  constexpr explicit random_stream(std::uint64_t seed = 0, std::uint64_t stream = 0) noexcept
      : seed_(seed), stream_(stream) {}

  /// A stream that is independent of this one and of every other `id`. Streams nest.
  [[nodiscard]] constexpr random_stream fork(std::uint64_t id) const noexcept {
    auto const b = block(id, 2);
    return random_stream(seed_, std::uint64_t{b[0]} << 32 | b[1]);
  }

  /// 64 random bits.
  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t i) const noexcept {
    auto const b = block(i, 0);
    return std::uint64_t{b[0]} << 32 | b[1];
  }

  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] constexpr double uniform(std::uint64_t i) const noexcept {
    return static_cast<double>(bits(i) >> 11) * 0x1p-53;
  }

  /// Uniform in {0, ..., n - 1}; n > 0. The bias is below n / 2^64.
  [[nodiscard]] constexpr std::size_t below(std::uint64_t i, std::size_t n) const noexcept {
    std::uint64_t const x = bits(i), low = x & 0xFFFFFFFF, high = x >> 32;
    std::uint64_t const m = n, m_low = m & 0xFFFFFFFF, m_high = m >> 32;
    // The high half of the 128-bit product x * n, in 64-bit steps.
    std::uint64_t const mid = high * m_low + (low * m_low >> 32);
    std::uint64_t const mid2 = low * m_high + (mid & 0xFFFFFFFF);
    return static_cast<std::size_t>(high * m_high + (mid >> 32) + (mid2 >> 32));
  }

  /// Standard normal (Box-Muller on the two halves of one block).
  [[nodiscard]] double normal(std::uint64_t i) const noexcept {
    auto const b = block(i, 1);
    double const u = (static_cast<double>(std::uint64_t{b[0]} << 32 | b[1]) + 1) * 0x1p-64;
    double const v = static_cast<double>(std::uint64_t{b[2]} << 32 | b[3]) * 0x1p-64;
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
  }

  /// A random order of 0 .. n - 1 (Fisher-Yates).
  [[nodiscard]] std::vector<std::size_t> permutation(std::size_t n) const {
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i, i)]);
    return order;
  }

  /// The first `count` entries of permutation(n) in memory for `count` numbers: the places of those entries are
  /// followed back through the shuffle.
  [[nodiscard]] std::vector<std::size_t> permutation_head(std::size_t n, std::size_t count) const {
    count = std::min(count, n);
    std::unordered_map<std::size_t, std::size_t> entry_at;  // place -> which entry of the result is there
    for (std::size_t k = 0; k < count; ++k) entry_at[k] = k;
    for (std::size_t i = 2; i <= n; ++i) {
      std::size_t const a = i - 1, b = below(i, i);
      if (a == b) continue;
      auto from_b = entry_at.extract(b);
      if (a >= count) {  // nothing is there yet
        if (from_b) from_b.key() = a, entry_at.insert(std::move(from_b));
        continue;
      }
      auto from_a = entry_at.extract(a);
      if (from_a) from_a.key() = b, entry_at.insert(std::move(from_a));
      if (from_b) from_b.key() = a, entry_at.insert(std::move(from_b));
    }
    std::vector<std::size_t> head(count);
    for (auto const& [place, entry] : entry_at) head[entry] = place;
    return head;
  }

  [[nodiscard]] constexpr std::uint64_t seed() const noexcept { return seed_; }

 private:
  // The purpose sits above the index: numbers of one kind never share a block with those of another kind or stream.
  [[nodiscard]] constexpr std::array<std::uint32_t, 4> block(std::uint64_t i, std::uint64_t purpose) const noexcept {
    std::uint64_t const counter = i ^ purpose << 62;
    return philox4x32({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                       static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace sidera::inline SIDERA_ABI
