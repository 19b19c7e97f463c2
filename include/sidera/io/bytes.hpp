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
requires std::is_trivially_copyable_v<T>
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

/// Whether an array of this shape has `size` elements; false when the number of those of its first dimensions
/// overflows.
[[nodiscard]] inline bool shape_has_size(std::span<std::size_t const> shape, std::size_t size) noexcept {
  std::size_t product = 1;
  for (std::size_t const extent : shape) {
    if (extent != 0 && product > SIZE_MAX / extent) return false;
    product *= extent;
  }
  return product == size;
}

}  // namespace sidera::inline SIDERA_ABI
