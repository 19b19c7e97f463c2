// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <set>
#include <sidera/io/json_reader.hpp>
#include <sidera/io/mapped_file.hpp>
#include <sidera/io/safetensors_layout.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Reads and checks what \ref serialise_fields wrote.
class fields_reader {
 public:
  fields_reader(byte_span bytes, std::string_view path) : bytes_(bytes), path_(path) {}

  [[nodiscard]] field_set read() {
    read_header();
    check_metadata();
    check_layout();
    field_set fields;
    for (auto const& [name, e] : entries_) fields.tensors.emplace(name, read_tensor(name, e));
    fields.metadata = std::move(metadata_);
    for (std::string_view const own : {format_key, version_key, checksum_key}) fields.metadata.erase(std::string(own));
    return fields;
  }

 private:
  struct entry {
    std::string dtype;
    std::vector<std::size_t> shape;
    std::size_t begin = 0, end = 0;
  };

  [[noreturn]] void fail(std::string const& message) const { throw file_error(path_, message); }

  void read_header() {
    if (bytes_.size() < 8) fail("is no safetensors file: fewer than 8 bytes");
    auto const length = load_number<std::uint64_t>(bytes_.data());
    if (length > bytes_.size() - 8) fail("is no safetensors file, or is cut short in the header");
    if (length > (std::size_t{16} << 20)) fail("has a header of more than 16 MiB");
    header_ = as_text(bytes_.subspan(8, length));
    body_ = bytes_.subspan(8 + length);
    json_reader json(header_, path_);
    bool seen_metadata = false;
    json.object([&](std::string const& name) {
      if (name == "__metadata__") {
        if (std::exchange(seen_metadata, true)) json.fail("__metadata__ is repeated");
        json.object([&](std::string const& key) {
          if (!metadata_.emplace(key, json.string()).second) json.fail("a key is repeated");
        });
      } else if (!entries_.emplace(name, read_entry(json)).second) {
        json.fail("a tensor is repeated");
      }
    });
    json.end();
  }

  [[nodiscard]] static entry read_entry(json_reader& json) {
    entry e;
    std::set<std::string> seen;
    json.object([&](std::string const& key) {
      if (!seen.insert(key).second) json.fail("a key is repeated");
      if (key == "dtype") {
        e.dtype = json.string();
      } else if (key == "shape") {
        json.array([&] {
          if (e.shape.size() == most_dimensions) json.fail("more than 8 dimensions");
          e.shape.push_back(json.unsigned_integer());
        });
      } else if (key == "data_offsets") {
        std::size_t count = 0;
        json.array([&] {
          if (count == 2) json.fail("data_offsets has more than two numbers");
          (count++ == 0 ? e.begin : e.end) = json.unsigned_integer();
        });
        if (count != 2) json.fail("data_offsets has fewer than two numbers");
      } else {
        json.fail("an unknown key");
      }
    });
    if (seen.size() != 3) json.fail("dtype, shape or data_offsets is missing");
    return e;
  }

  [[nodiscard]] std::string const& metadata(std::string_view key) const {
    auto const found = metadata_.find(std::string(key));
    if (found == metadata_.end()) fail("was not written by sidera: __metadata__ has no " + std::string(key));
    return found->second;
  }

  void check_metadata() const {
    if (std::string const& format = metadata(format_key); format != fields_format)
      fail("has format " + format.substr(0, 16) + ", this version of sidera reads format " +
           std::string(fields_format) + "; it was written by sidera " + metadata(version_key).substr(0, 16));
    static_cast<void>(metadata(version_key));
    std::string const& stated = metadata(checksum_key);
    auto const marker = header_.find(checksum_marker);
    if (stated.size() != checksum_digits || marker == std::string_view::npos) fail("is damaged: no checksum");
    std::size_t const digits = 8 + marker + checksum_marker.size();
    sha256 hash;
    hash.add(bytes_.first(digits));
    hash.add(std::string(checksum_digits, '0'));
    hash.add(bytes_.subspan(std::min(digits + checksum_digits, bytes_.size())));
    if (hash.hex() != stated) fail("is damaged: its checksum does not match");
  }

  /// The tensors must fill the body without gaps and overlaps.
  void check_layout() const {
    std::set<std::pair<std::size_t, std::size_t>> ranges;
    std::size_t total = 0;
    for (auto const& [name, e] : entries_) {
      if (e.begin > e.end || e.end > body_.size()) fail("tensor \"" + name + "\" lies outside the file");
      std::size_t size = element_size(name, e.dtype);
      for (std::size_t const extent : e.shape) size = checked_product(size, extent, path_);
      if (size != e.end - e.begin) fail("tensor \"" + name + "\" has a shape that does not fit its data");
      if (size != 0) ranges.emplace(e.begin, e.end);
      total += size;
    }
    std::size_t at = 0;
    for (auto const& [begin, end] : ranges) {
      if (begin != at) fail("has tensors that overlap or leave a gap");
      at = end;
    }
    if (at != body_.size() || total != at) fail("has bytes that belong to no tensor, or is cut short");
  }

  [[nodiscard]] std::size_t element_size(std::string const& name, std::string_view dtype) const {
    if (dtype == "F32" || dtype == "I32") return 4;
    if (dtype == "F64" || dtype == "I64") return 8;
    fail("tensor \"" + name + "\" has a dtype other than F32, F64, I32 and I64");
  }

  template <class T>
  [[nodiscard]] tensor copy(std::string const& name, entry const& e) const {
    std::vector<T> values((e.end - e.begin) / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), body_.data() + e.begin, e.end - e.begin);
    if (!finite_values(values)) fail("tensor \"" + name + "\" has a NaN or an infinity");
    return {e.shape, std::move(values)};
  }

  [[nodiscard]] tensor read_tensor(std::string const& name, entry const& e) const {
    if (e.dtype == "F32") return copy<float>(name, e);
    if (e.dtype == "F64") return copy<double>(name, e);
    if (e.dtype == "I32") return copy<std::int32_t>(name, e);
    return copy<std::int64_t>(name, e);
  }

  byte_span bytes_, body_;
  std::string path_;
  std::string_view header_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, entry> entries_;
};

}  // namespace detail

/// The fields in the bytes of a model file. Throws file_error, named after `path`, unless every byte is as it was
/// written: lengths, checksum, layout and finite numbers are checked, and nothing is allocated beyond the given length.
[[nodiscard]] inline field_set parse_fields(byte_span bytes, std::string_view path = {}) {
  return detail::fields_reader(bytes, path).read();
}

/// Reads what \ref save_fields wrote; equal to the fields that were saved.
[[nodiscard]] inline field_set load_fields(std::string const& path) {
  mapped_file const file(path);
  return parse_fields(file.bytes(), path);
}

}  // namespace sidera::inline SIDERA_ABI
