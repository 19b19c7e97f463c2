// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <cmath>
#include <concepts>
#include <sidera/io/utf8.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// A JSON string literal. What is not UTF-8 becomes U+FFFD, so that the result is valid whatever a file name holds.
inline void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    auto const c = static_cast<unsigned char>(text.front());
    if (length == 0) {
      append_utf8(out, 0xFFFD);
    } else if (c == '"' || c == '\\') {
      (out += '\\') += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20) {
      ((out += "\\u00") += "0123456789abcdef"[c >> 4]) += "0123456789abcdef"[c & 15];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

/// The shortest decimal that reads back as the same number; null for NaN and infinities, which JSON does not have.
template <std::floating_point T>
void append_json_number(std::string& out, T value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char buffer[32];
  auto const end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out.append(buffer, end);
}

}  // namespace detail

/// Builds a JSON text. Scopes are callables, so brackets always match:
///
///     json_writer json;
///     json.object([&] {
///       json.field("seed", 7);
///       json.key("views").object([&] { json.field("text", std::vector<double>{.5, .25}); });
///     });
///     write_file("out.json", json.text() + "\n");
///
/// Numbers are written so that they read back bit for bit; NaN and infinities become null. Ranges become arrays.
class json_writer {
 public:
  template <class Body>
  void object(Body const& body) {
    nested('{', '}', body);
  }
  template <class Body>
  void array(Body const& body) {
    nested('[', ']', body);
  }

  /// Names the value that is written next.
  json_writer& key(std::string_view name) {
    separate();
    detail::append_json_string(text_, name);
    text_ += ": ";
    after_key_ = true;
    return *this;
  }
  template <class T>
  void field(std::string_view name, T const& v) {
    key(name).value(v);
  }

  template <class T>
  void value(T const& v) {
    if constexpr (std::same_as<T, bool>) {
      separate();
      text_ += v ? "true" : "false";
    } else if constexpr (std::floating_point<T>) {
      separate();
      detail::append_json_number(text_, v);
    } else if constexpr (std::integral<T>) {
      separate();
      text_ += std::to_string(v);
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
      separate();
      detail::append_json_string(text_, v);
    } else {
      flat_array(v);
    }
  }
  void null() {
    separate();
    text_ += "null";
  }

  [[nodiscard]] std::string const& text() const noexcept { return text_; }

 private:
  /// Numbers in a row stay on one line.
  template <class Range>
  void flat_array(Range const& range) {
    separate();
    text_ += '[';
    bool first = true;
    for (auto const& element : range) {
      if (!std::exchange(first, false)) text_ += ", ";
      after_key_ = true;
      value(element);
    }
    text_ += ']';
  }

  template <class Body>
  void nested(char open, char close, Body const& body) {
    separate();
    text_ += open;
    bool const outer_empty = std::exchange(empty_, true);
    ++depth_;
    body();
    --depth_;
    if (!empty_) new_line();
    text_ += close;
    empty_ = outer_empty && depth_ == 0;
  }

  void separate() {
    if (std::exchange(after_key_, false)) return;
    if (depth_ == 0) return;
    if (!std::exchange(empty_, false)) text_ += ',';
    new_line();
  }
  void new_line() {
    text_ += '\n';
    text_.append(2 * depth_, ' ');
  }

  std::string text_;
  std::size_t depth_ = 0;
  bool empty_ = true;
  bool after_key_ = false;
};

}  // namespace sidera::inline SIDERA_ABI
