// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <sidera/core/config.hpp>
#include <sidera/io/float16.hpp>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// What an array in a file is made of.
enum class element_type {
  boolean,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float16,
  float32,
  float64
};

namespace detail {
struct element_info {
  element_type type;
  std::string_view descr;  ///< as NumPy writes it
  std::string_view name;
  std::size_t size;
};
inline constexpr std::array<element_info, 12> element_infos{{{element_type::boolean, "|b1", "bool", 1},
                                                             {element_type::int8, "|i1", "int8", 1},
                                                             {element_type::uint8, "|u1", "uint8", 1},
                                                             {element_type::int16, "<i2", "int16", 2},
                                                             {element_type::uint16, "<u2", "uint16", 2},
                                                             {element_type::int32, "<i4", "int32", 4},
                                                             {element_type::uint32, "<u4", "uint32", 4},
                                                             {element_type::int64, "<i8", "int64", 8},
                                                             {element_type::uint64, "<u8", "uint64", 8},
                                                             {element_type::float16, "<f2", "float16", 2},
                                                             {element_type::float32, "<f4", "float32", 4},
                                                             {element_type::float64, "<f8", "float64", 8}}};
[[nodiscard]] constexpr element_info const& info(element_type type) noexcept {
  return element_infos[static_cast<std::size_t>(type)];
}
}  // namespace detail

/// For example "float32".
[[nodiscard]] constexpr std::string_view name_of(element_type type) noexcept {
  return detail::info(type).name;
}
[[nodiscard]] constexpr std::size_t size_of(element_type type) noexcept {
  return detail::info(type).size;
}
[[nodiscard]] constexpr bool is_floating(element_type type) noexcept {
  return type == element_type::float16 || type == element_type::float32 || type == element_type::float64;
}

/// Whether embeddings come in this type: floating-point numbers, or the unsigned ones of pixels and counts. Any other
/// array of integers is most likely the wrong file: labels or codes.
[[nodiscard]] constexpr bool holds_embeddings(element_type type) noexcept {
  return is_floating(type) || type == element_type::uint8 || type == element_type::uint16;
}
/// What to say of the others.
inline constexpr std::string_view embedding_types = "float16, float32, float64, uint8 or uint16";

/// Calls f with a zero of the C++ type that `type` stands for (bool is read as uint8).
template <class F>
decltype(auto) visit_element(element_type type, F&& f) {
  switch (type) {
    case element_type::int8:
      return f(std::int8_t{});
    case element_type::int16:
      return f(std::int16_t{});
    case element_type::uint16:
      return f(std::uint16_t{});
    case element_type::int32:
      return f(std::int32_t{});
    case element_type::uint32:
      return f(std::uint32_t{});
    case element_type::int64:
      return f(std::int64_t{});
    case element_type::uint64:
      return f(std::uint64_t{});
    case element_type::float16:
      return f(float16{});
    case element_type::float32:
      return f(float{});
    case element_type::float64:
      return f(double{});
    case element_type::boolean:
    case element_type::uint8:
      break;
  }
  return f(std::uint8_t{});
}

}  // namespace sidera::inline SIDERA_ABI
