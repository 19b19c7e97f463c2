// SPDX-License-Identifier: MIT
#pragma once
/// \file  The header of NumPy's .npy format, versions 1 to 3 (NumPy enhancement proposal 1).
#include <sidera/io/bytes.hpp>
#include <sidera/io/element_type.hpp>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What the header of an array says, checked against the length of the data that follow.
struct npy_header {
  element_type type = element_type::float32;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  std::size_t size = 1;         ///< number of elements, the product of `shape`
  std::size_t data_offset = 0;  ///< of the first element, from the start of the array
};

namespace detail {

/// Reads the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class npy_literal_reader {
 public:
  npy_literal_reader(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  [[nodiscard]] npy_header read() {
    npy_header header;
    bool seen_descr = false, seen_order = false, seen_shape = false;
    expect('{');
    while (!accept('}')) {
      std::string_view const key = quoted();
      expect(':');
      if (key == "descr" && !std::exchange(seen_descr, true))
        header.type = element();
      else if (key == "fortran_order" && !std::exchange(seen_order, true))
        header.fortran_order = boolean();
      else if (key == "shape" && !std::exchange(seen_shape, true))
        header.shape = shape();
      else
        fail("unexpected or repeated key '" + std::string(key) + "'");
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("text after the closing brace");
    if (!seen_descr || !seen_order || !seen_shape) fail("'descr', 'fortran_order' or 'shape' is missing");
    return header;
  }

 private:
  [[noreturn]] void fail(std::string const& message) const {
    throw file_error(path_, "is no valid .npy array: " + message);
  }
  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  [[nodiscard]] bool accept(char c) noexcept {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail("expected '" + std::string(1, c) + "' at byte " + std::to_string(at_) + " of the header");
  }
  [[nodiscard]] std::string_view quoted() {
    skip_space();
    char const quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("expected a quoted name at byte " + std::to_string(at_) + " of the header");
    auto const end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a quote is not closed");
    std::string_view const inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  [[nodiscard]] element_type element() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[')
      throw file_error(path_, "holds records (a structured dtype); save one plain array per field");
    std::string_view descr = quoted();
    for (element_info const& known : element_infos) {
      if (descr == known.descr) return known.type;
      // One byte has no order: some writers put '<', '=' or '>' before it.
      if (known.size == 1 && descr.size() == 3 && descr.substr(1) == known.descr.substr(1)) return known.type;
    }
    if (!descr.empty() && descr[0] == '>')
      throw file_error(path_, "has big-endian data (" + std::string(descr) +
                                  "); convert it with x.astype(x.dtype.newbyteorder('<'))");
    throw file_error(path_, "has dtype '" + printable(descr) + "', which sidera does not read");
  }
  [[nodiscard]] static std::string printable(std::string_view text) {
    std::string out(text.substr(0, 16));
    for (char& c : out)
      if (c < ' ' || c > '~') c = '?';
    return out;
  }
  [[nodiscard]] bool boolean() {
    skip_space();
    for (auto const& [word, value] : {std::pair{std::string_view("True"), true}, {"False", false}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    fail("'fortran_order' is neither True nor False");
  }
  [[nodiscard]] std::vector<std::size_t> shape() {
    std::vector<std::size_t> extents;
    expect('(');
    while (!accept(')')) {
      if (extents.size() == 32) fail("more than 32 dimensions");
      extents.push_back(number());
      if (!accept(',')) {
        if (extents.size() == 1) fail("'shape' is not a tuple");
        expect(')');
        break;
      }
    }
    return extents;
  }
  [[nodiscard]] std::size_t number() {
    skip_space();
    std::size_t const start = at_;
    std::size_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      auto const digit = static_cast<std::size_t>(text_[at_] - '0');
      if (value > (SIZE_MAX / 2 - digit) / 10) fail("a dimension overflows");
      value = value * 10 + digit;
    }
    if (at_ == start) fail("expected a number at byte " + std::to_string(at_) + " of the header");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return value;
  }

  std::string_view text_;
  std::string_view path_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// Reads and checks the header of the array that fills `bytes`. Throws file_error, named after `path`, for everything
/// that is not a complete little-endian array of numbers with exactly the bytes its shape asks for.
[[nodiscard]] inline npy_header parse_npy_header(byte_span bytes, std::string_view path) {
  constexpr std::string_view magic = "\x93NUMPY";
  if (bytes.size() < 10 || as_text(bytes.first(magic.size())) != magic)
    throw file_error(path, "is not a .npy array (no NUMPY magic)");
  auto const version = std::to_integer<unsigned>(bytes[6]);
  if (version < 1 || version > 3 || std::to_integer<unsigned>(bytes[7]) != 0)
    throw file_error(path, "has .npy version " + std::to_string(version) + "." +
                               std::to_string(std::to_integer<unsigned>(bytes[7])) + ", sidera reads 1.0, 2.0 and 3.0");
  std::size_t const start = version == 1 ? 10 : 12;
  if (bytes.size() < start) throw file_error(path, "is cut short in the .npy header");
  std::size_t const length =
      version == 1 ? load_number<std::uint16_t>(bytes.data() + 8) : load_number<std::uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - start) throw file_error(path, "is cut short in the .npy header");
  if (length > 65536) throw file_error(path, "has a .npy header of more than 64 KiB");
  npy_header header = detail::npy_literal_reader(as_text(bytes.subspan(start, length)), path).read();
  header.data_offset = start + length;
  for (std::size_t const extent : header.shape) header.size = checked_product(header.size, extent, path);
  std::size_t const wanted = checked_product(header.size, size_of(header.type), path);
  std::size_t const found = bytes.size() - header.data_offset;
  if (found != wanted)
    throw file_error(path, std::string(found < wanted ? "is cut short: " : "has bytes after the array: ") +
                               std::to_string(found) + " bytes of data, the header asks for " + std::to_string(wanted));
  return header;
}

}  // namespace sidera::inline SIDERA_ABI
