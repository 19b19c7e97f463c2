// SPDX-License-Identifier: MIT
#pragma once
/// \file  Sums of doubles that do not depend on the order of their terms, nor on how they were split.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sidera/core/error.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// An exact sum of up to 2^60 doubles, rounded once, to the nearest even double, when it is asked for (a long
/// accumulator, Kulisch and Miranker, "The arithmetic of the digital computer", SIAM Review 28, 1986).
///
/// The state is the sum itself as one long number in digits of 32 bits from 2^-1074 upwards. So any order, any split
/// into parts and any tree of merges gives the same bits. Infinities and NaN are counted beside it.
class order_free_sum {
 public:
  static constexpr std::size_t digit_count = 68;
  /// Numbers that `integers` writes.
  static constexpr std::size_t integer_count = digit_count + 3;

  void add(double term) noexcept {
    auto const bits = std::bit_cast<std::uint64_t>(term);
    auto const exponent = static_cast<std::size_t>(bits >> 52 & 2047);
    std::uint64_t significand = bits & ((std::uint64_t{1} << 52) - 1);
    if (exponent == 2047) return count_special(significand != 0, bits >> 63 != 0);
    std::size_t place = 0;  // term = significand * 2^(place - 1074)
    if (exponent != 0) significand |= std::uint64_t{1} << 52, place = exponent - 1;
    std::size_t const first = place / 32, shift = place % 32;
    std::uint64_t const rest = significand >> (32 - shift);
    auto const low = static_cast<std::int64_t>(significand << shift & mask);
    auto const middle = static_cast<std::int64_t>(rest & mask), high = static_cast<std::int64_t>(rest >> 32);
    std::int64_t const sign = bits >> 63 != 0 ? -1 : 1;
    digits_[first] += sign * low;
    digits_[first + 1] += sign * middle;
    digits_[first + 2] += sign * high;
    if (++pending_ == most_pending) carry();
  }

  /// Adds the terms of another sum.
  void merge(order_free_sum other) noexcept {
    carry();
    other.carry();
    for (std::size_t i = 0; i < digit_count; ++i) digits_[i] += other.digits_[i];
    for (std::size_t i = 0; i < special_.size(); ++i) special_[i] += other.special_[i];
    carry();
  }

  /// The sum, correctly rounded; 0 without terms.
  [[nodiscard]] double value() const noexcept {
    auto const [positive, negative, nan] = special_;
    if (nan != 0 || (positive != 0 && negative != 0)) return std::numeric_limits<double>::quiet_NaN();
    if (positive != 0 || negative != 0)
      return positive != 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    order_free_sum magnitude = *this;
    magnitude.carry();
    bool const below_zero = magnitude.digits_.back() < 0;
    if (below_zero) {
      for (std::int64_t& d : magnitude.digits_) d = -d;
      magnitude.carry();
    }
    double const rounded = magnitude.rounded();
    return below_zero ? -rounded : rounded;
  }

  /// The state as integers: digits in a form that is the same for equal sums, then the counts of +infinity, -infinity
  /// and NaN. Adding up, entry by entry, those of up to 2^31 parts and handing the result to \ref set_integers merges
  /// the parts.
  void integers(std::span<std::int64_t, integer_count> out) const noexcept {
    order_free_sum canonical = *this;
    canonical.carry();
    std::copy(canonical.digits_.begin(), canonical.digits_.end(), out.begin());
    std::copy(special_.begin(), special_.end(), out.begin() + digit_count);
  }
  /// Throws value_error for integers that no sum can have.
  void set_integers(std::span<std::int64_t const, integer_count> from) {
    constexpr std::int64_t limit = std::int64_t{1} << 62;  // far above 2^31 parts of any data; carry() cannot overflow
    for (std::int64_t const v : from)
      if (v > limit || v < -limit) throw value_error("order_free_sum::set_integers", "a digit is out of range");
    std::copy(from.begin(), from.begin() + digit_count, digits_.begin());
    std::copy(from.begin() + digit_count, from.end(), special_.begin());
    carry();
  }

  /// True when the exact sums are equal.
  [[nodiscard]] bool operator==(order_free_sum const& other) const noexcept {
    order_free_sum a = *this, b = other;
    a.carry();
    b.carry();
    return a.digits_ == b.digits_ && a.special_ == b.special_;
  }

 private:
  static constexpr std::uint64_t mask = 0xFFFFFFFF;
  static constexpr std::uint32_t most_pending = std::uint32_t{1} << 30;

  void count_special(bool nan, bool negative) noexcept { ++special_[nan ? 2 : negative ? 1 : 0]; }

  /// All digits but the last to 0 .. 2^32 - 1; the last one holds the sign.
  void carry() noexcept {
    std::int64_t over = 0;
    for (std::size_t i = 0; i + 1 < digit_count; ++i) {
      std::int64_t const digit = digits_[i] + over;
      digits_[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(digit) & mask);
      over = digit >> 32;
    }
    digits_.back() += over;
    pending_ = 0;
  }

  [[nodiscard]] std::uint64_t digit(std::size_t below, std::size_t top) const noexcept {
    return below > top ? 0 : static_cast<std::uint64_t>(digits_[top - below]);
  }

  /// Of a sum that is not negative and whose digits are carried.
  [[nodiscard]] double rounded() const noexcept {
    std::size_t top = digit_count;
    while (top > 0 && digits_[top - 1] == 0) --top;
    if (top-- == 0) return 0;
    // 64 leading bits, and whether anything is left below them.
    auto const zeros = static_cast<int>(std::countl_zero(digit(0, top) << 32 | digit(1, top)));
    std::uint64_t const next = digit(2, top) << zeros;
    std::uint64_t const leading = (digit(0, top) << 32 | digit(1, top)) << zeros | next >> 32;
    bool rest = (next & mask) != 0;
    for (std::size_t below = 3; below <= top; ++below) rest = rest || digit(below, top) != 0;
    std::uint64_t const dropped = leading & 2047;
    std::uint64_t kept = leading >> 11;
    if (dropped > 1024 || (dropped == 1024 && (rest || (kept & 1) != 0))) ++kept;
    return std::ldexp(static_cast<double>(kept), 32 * (static_cast<int>(top) - 1) - zeros + 11 - 1074);
  }

  std::array<std::int64_t, digit_count> digits_{};
  std::array<std::int64_t, 3> special_{};  ///< +infinity, -infinity, NaN
  std::uint32_t pending_ = 0;              ///< terms since the last carry: no digit can overflow
};

}  // namespace sidera::inline SIDERA_ABI
