// SPDX-License-Identifier: MIT
#pragma once
/// \file  Bytes and the numbers in them. All formats of io/ are little-endian, and so must be the machine.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sidera/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

static_assert(std::endian::native == std::endian::little,
              "sidera reads and writes files on little-endian machines only");

using byte_span = std::span<std::byte const>;

/// The number whose bytes start at `from`, which need not be aligned.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] T load_number(std::byte const* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

[[nodiscard]] inline byte_span as_byte_span(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

[[nodiscard]] inline std::string_view as_text(byte_span bytes) noexcept {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// a * b; throws file_error when the product does not fit: sizes in a file are never trusted.
[[nodiscard]] inline std::size_t checked_product(std::size_t a, std::size_t b, std::string_view path) {
  if (b != 0 && a > SIZE_MAX / b) throw file_error(path, "a size in the header overflows");
  return a * b;
}

}  // namespace sidera::inline SIDERA_ABI
