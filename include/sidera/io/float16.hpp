// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <cstdint>
#include <sidera/core/config.hpp>

namespace sidera::inline SIDERA_ABI {

/// A number of IEEE 754's binary16 as it lies in a file: one bit of sign, 5 of exponent, 10 of fraction. It becomes a
/// float, or a double by way of one, without any rounding; infinities stay, a NaN keeps its sign and its payload.
struct float16 {
  std::uint16_t bits = 0;

  operator float() const noexcept {  // implicit: nothing is lost
    std::uint32_t const sign = (bits & 0x8000U) << 16, magnitude = bits & 0x7FFFU;
    std::uint32_t const exponent = magnitude >> 10;
    if (exponent == 0) return subnormal(sign, magnitude);
    // The biases are 15 and 127; all ones mark infinities and NaN in both.
    std::uint32_t const shift = exponent == 31 ? 255 - 31 : 127 - 15;
    return std::bit_cast<float>(sign | ((magnitude << 13) + (shift << 23)));
  }

 private:
  /// A multiple of 2^-24. It is normal as a float, so that this holds on a processor that flushes subnormals, too.
  [[nodiscard]] static float subnormal(std::uint32_t sign, std::uint32_t magnitude) noexcept {
    float const size = static_cast<float>(magnitude) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(size));
  }
};
static_assert(sizeof(float16) == 2);

}  // namespace sidera::inline SIDERA_ABI
