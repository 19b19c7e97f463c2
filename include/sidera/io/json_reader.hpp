// SPDX-License-Identifier: MIT
#pragma once
#include <charconv>
#include <cmath>
#include <limits>
#include <sidera/core/error.hpp>
#include <sidera/io/utf8.hpp>

namespace sidera::inline SIDERA_ABI {

/// Reads JSON (RFC 8259) without building a tree: the caller asks for what must come next, so a hostile file can
/// neither recurse nor allocate beyond its own length.
///
/// What sidera's own formats need: objects, arrays, strings and numbers. True and false are refused, as is anything
/// that is not well-formed UTF-8. Throws file_error with the position.
class json_reader {
 public:
  /// `text` must outlive the reader; `path` names the source in errors.
  json_reader(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  /// Calls member(key) for each member; it must read the value.
  template <class Member>
  void object(Member const& member) {
    nested('{', '}', [&] {
      std::string const key = string();
      expect(':');
      member(key);
    });
  }

  /// Calls element() for each element; it must read the value.
  template <class Element>
  void array(Element const& element) {
    nested('[', ']', element);
  }

  [[nodiscard]] std::string string() {
    expect('"');
    std::string out;
    for (;;) {
      if (at_ >= text_.size()) fail("a string is not closed");
      char const c = text_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) fail("a control character in a string");
      if (c == '\\') {
        ++at_;
        escape(out);
        continue;
      }
      std::size_t const length = utf8_length(text_.substr(at_));
      if (length == 0) fail("a string is not UTF-8");
      out += text_.substr(at_, length);
      at_ += length;
    }
    ++at_;
    return out;
  }

  /// A whole number in 0 .. 2^63 - 1.
  [[nodiscard]] std::uint64_t unsigned_integer() {
    skip_space();
    std::size_t const start = at_;
    constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      auto const digit = static_cast<std::uint64_t>(text_[at_] - '0');
      if (value > (limit - digit) / 10) fail("a number overflows");
      value = value * 10 + digit;
    }
    if (at_ == start) fail("expected a whole number");
    if (at_ - start > 1 && text_[start] == '0') fail("a number starts with 0");
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E'))
      fail("expected a whole number");
    return value;
  }

  /// Any finite number, or null, which is what \ref json_writer makes of the others: NaN.
  [[nodiscard]] double number() {
    skip_space();
    if (text_.substr(at_, 4) == "null") {
      at_ += 4;
      return std::numeric_limits<double>::quiet_NaN();
    }
    std::string_view const digits = text_.substr(at_, number_length());
    double value = 0;
    auto const problem = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
    bool const vanishes = problem == std::errc::result_out_of_range && is_tiny(digits);
    if (vanishes) value = digits.front() == '-' ? -0.0 : 0.0;
    if (digits.empty() || (problem != std::errc() && !vanishes)) fail("expected a number");
    at_ += digits.size();
    return value;
  }

  /// Nothing but white space may follow.
  void end() {
    skip_space();
    if (at_ != text_.size()) fail("text after the end");
  }

  /// Throws a file_error that names the position reached.
  [[noreturn]] void fail(std::string_view message) const {
    throw file_error(path_, "JSON, byte " + std::to_string(at_) + ": " + std::string(message));
  }

 private:
  static constexpr int deepest = 64;

  /// How long the number that starts here is, by the grammar of RFC 8259; 0: there is none.
  [[nodiscard]] std::size_t number_length() const noexcept {
    std::size_t at = at_;
    auto const is = [&](std::string_view one_of) {
      return at < text_.size() && one_of.find(text_[at]) != std::string_view::npos;
    };
    auto const digits = [&] {
      std::size_t const start = at;
      while (is("0123456789")) ++at;
      return at - start;
    };
    if (is("-")) ++at;
    bool const zero = is("0");
    std::size_t const whole = digits();
    if (whole == 0 || (zero && whole > 1)) return 0;
    if (is(".") && (++at, digits() == 0)) return 0;
    if (!is("eE")) return at - at_;
    ++at;
    if (is("+-")) ++at;
    return digits() == 0 ? 0 : at - at_;
  }

  /// Of a number that no double can hold: whether it is too small rather than too large.
  [[nodiscard]] static bool is_tiny(std::string_view number) noexcept {
    std::size_t const e = std::min(number.find_first_of("eE"), number.size());
    std::string_view const significand = number.substr(0, e);
    std::size_t const point = std::min(significand.find('.'), e), first = significand.find_first_of("123456789");
    if (first == std::string_view::npos) return true;
    std::string_view power = number.substr(std::min(e + 1, number.size()));
    if (power.starts_with('+')) power.remove_prefix(1);
    std::int64_t exponent = 0;
    auto const problem = std::from_chars(power.data(), power.data() + power.size(), exponent).ec;
    if (problem == std::errc::result_out_of_range) return power.starts_with('-');
    return exponent + static_cast<std::int64_t>(point) < static_cast<std::int64_t>(first);
  }

  template <class Item>
  void nested(char open, char close, Item const& item) {
    expect(open);
    if (++depth_ > deepest) fail("nested too deeply");
    if (!accept(close)) {
      do item();
      while (accept(','));
      expect(close);
    }
    --depth_;
  }

  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  [[nodiscard]] bool accept(char c) noexcept {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected ") + c);
  }

  void escape(std::string& out) {
    char const c = at_ < text_.size() ? text_[at_++] : '\0';
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        return;
      case 'b':
        out += '\b';
        return;
      case 'f':
        out += '\f';
        return;
      case 'n':
        out += '\n';
        return;
      case 'r':
        out += '\r';
        return;
      case 't':
        out += '\t';
        return;
      case 'u':
        append_utf8(out, code_point());
        return;
      default:
        fail("an unknown escape in a string");
    }
  }
  /// The four digits after \u, and those of the second half of a surrogate pair.
  [[nodiscard]] std::uint32_t code_point() {
    std::uint32_t const first = four_digits();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || text_.substr(at_, 2) != "\\u") fail("half a surrogate pair in a string");
    at_ += 2;
    std::uint32_t const second = four_digits();
    if (second < 0xDC00 || second > 0xDFFF) fail("half a surrogate pair in a string");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }
  [[nodiscard]] std::uint32_t four_digits() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      char const c = at_ < text_.size() ? text_[at_] : '\0';
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9')
        digit = static_cast<std::uint32_t>(c - '0');
      else if (c >= 'a' && c <= 'f')
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      else
        fail("expected four hexadecimal digits");
      value = value << 4 | digit;
    }
    return value;
  }

  std::string_view text_;
  std::string path_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
