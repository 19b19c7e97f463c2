// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/scalar.hpp>

namespace sidera::inline SIDERA_ABI {

/// 64 bits that name the rows of a data set: their values, bit for bit, and their order. A sum over the rows, so
/// blocks, threads and ranks change nothing. It tells data sets apart that were mixed up, not those that somebody
/// forged.
class rows_fingerprint {
 public:
  /// Row `number` of the whole data set.
  template <Scalar T>
  void add(std::span<T const> row, std::uint64_t number) noexcept {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    std::uint64_t hash = split_mix(number + 0x9E3779B97F4A7C15);
    for (T const v : row) {
      hash = (hash ^ std::bit_cast<bits>(v)) * 0x94D049BB133111EB;
      hash ^= hash >> 32;
    }
    value_ += split_mix(hash);
  }
  void merge(rows_fingerprint const& other) noexcept { value_ += other.value_; }

  /// That of the rows of all ranks, on every rank.
  template <Communicator C>
  [[nodiscard]] std::uint64_t over(C const& ranks) const {
    std::int64_t halves[] = {static_cast<std::int64_t>(value_ & 0xFFFFFFFF), static_cast<std::int64_t>(value_ >> 32)};
    ranks.sum(halves);
    return static_cast<std::uint64_t>(halves[0]) + (static_cast<std::uint64_t>(halves[1]) << 32);
  }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
