// SPDX-License-Identifier: MIT
#pragma once
/// \file  Text and numbers as they appear in HTML and SVG.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <sidera/io/utf8.hpp>

namespace sidera::inline SIDERA_ABI {

/// `text` with &, <, >, " and ' escaped, safe between tags and in quoted attributes. What is not UTF-8, and control
/// characters that XML does not know, become U+FFFD.
[[nodiscard]] inline std::string escaped_markup(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    char const c = text.front();
    bool const control = length == 1 && static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (length == 0 || control) {
      append_utf8(out, 0xFFFD);
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

/// `v` with a fixed number of decimals, with a dot in every locale; an en dash for NaN and infinities.
[[nodiscard]] inline std::string fixed_text(double v, int decimals) {
  if (!std::isfinite(v)) return "\u2013";
  char buffer[400];
  auto const end = std::to_chars(buffer, buffer + sizeof(buffer), v, std::chars_format::fixed, decimals).ptr;
  std::string text(buffer, end);
  bool const zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.front() == '-' ? text.substr(1) : text;
}

/// `v` for a table: about `digits` significant digits, plain below a million, with an exponent beyond.
[[nodiscard]] inline std::string number_text(double v, int digits = 3) {
  if (!std::isfinite(v)) return fixed_text(v, 0);
  double const size = std::abs(v);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) {
    char buffer[64];
    auto const end = std::to_chars(buffer, buffer + sizeof(buffer), v, std::chars_format::scientific, digits - 1).ptr;
    return {buffer, end};
  }
  int const before = size >= 1 ? static_cast<int>(std::floor(std::log10(size))) + 1 : 1;
  return fixed_text(v, v == std::floor(v) ? 0 : std::max(0, digits - before + (size < 1 ? 1 : 0)));
}

/// 1425 -> 1,425
[[nodiscard]] inline std::string count_text(std::size_t n) {
  std::string const digits = std::to_string(n);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace sidera::inline SIDERA_ABI
