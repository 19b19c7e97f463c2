// SPDX-License-Identifier: MIT
#pragma once
/// \file  Numbers as text that reads back to the same bits.
#include <array>
#include <charconv>
#include <sidera/core/error.hpp>
#include <string>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// The shortest text that reads back as the same number.
template <class Number>
[[nodiscard]] std::string to_text(Number value) {
  std::array<char, 64> buffer;
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end);
}

/// The number in `text`; throws value_error when the text is anything else than one number.
template <class Number>
[[nodiscard]] Number from_text(std::string_view text, std::string_view function) {
  Number value{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size())
    throw value_error(function, "\"" + std::string(text) + "\" is no number that fits");
  return value;
}

}  // namespace sidera::inline SIDERA_ABI
