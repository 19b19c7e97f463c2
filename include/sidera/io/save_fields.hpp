// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/json_writer.hpp>
#include <sidera/io/safetensors_layout.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Throws value_error for what could not be read back.
inline void require_storable(field_set const& fields) {
  for (auto const& [key, text] : fields.metadata)
    if (key == format_key || key == version_key || key == checksum_key)
      throw value_error("save_fields", "metadata \"" + key + "\" is reserved");
  for (auto const& [key, text] : fields.metadata)
    if (!is_utf8(key) || !is_utf8(text)) throw value_error("save_fields", "metadata \"" + key + "\" is not UTF-8");
  for (auto const& [name, t] : fields.tensors) {
    if (name == "__metadata__") throw value_error("save_fields", "the tensor name __metadata__ is reserved");
    if (!is_utf8(name)) throw value_error("save_fields", "tensor name \"" + name + "\" is not UTF-8");
    if (t.shape.size() > most_dimensions)
      throw value_error("save_fields", "tensor \"" + name + "\" has more than 8 dimensions");
    if (!shape_has_size(t.shape, t.size()))
      throw shape_error("save_fields", "tensor \"" + name + "\" has a shape that does not fit its size");
    if (!std::visit([](auto const& v) { return finite_values(v); }, t.data))
      throw value_error("save_fields", "tensor \"" + name + "\" has a NaN or an infinity");
  }
}

[[nodiscard]] inline byte_span bytes_of(tensor const& t) {
  return std::visit([](auto const& v) { return std::as_bytes(std::span{v}); }, t.data);
}

/// Tensors of eight-byte numbers come first, so that every tensor is aligned for its type.
[[nodiscard]] inline std::vector<std::map<std::string, tensor>::const_iterator> body_order(field_set const& fields) {
  std::vector<std::map<std::string, tensor>::const_iterator> order;
  for (std::size_t const wanted : {std::size_t{8}, std::size_t{4}})
    for (auto at = fields.tensors.begin(); at != fields.tensors.end(); ++at)
      if (std::visit([](auto const& v) { return sizeof(v[0]); }, at->second.data) == wanted) order.push_back(at);
  return order;
}

/// `"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}`; moves `offset` past the tensor.
inline void append_entry(std::string& header, std::string const& name, tensor const& t, std::size_t& offset) {
  constexpr std::string_view names[] = {"F32", "F64", "I32", "I64"};
  append_json_string(header, name);
  ((header += ":{\"dtype\":\"") += names[t.data.index()]) += "\",\"shape\":[";
  for (std::size_t d = 0; d < t.shape.size(); ++d) header += (d == 0 ? "" : ",") + std::to_string(t.shape[d]);
  std::size_t const end = offset + bytes_of(t).size();
  header += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
  offset = end;
}

/// The whole file; `metadata` is what stands under __metadata__.
[[nodiscard]] inline std::string assemble(field_set const& fields, std::map<std::string, std::string> const& metadata) {
  std::string header = "{\"__metadata__\":{";
  for (auto const& [key, text] : metadata) {
    if (header.back() != '{') header += ',';
    append_json_string(header, key);
    header += ':';
    append_json_string(header, text);
  }
  header += '}';
  std::size_t offset = 0;
  auto const order = body_order(fields);
  for (auto const& at : order) append_entry(header += ',', at->first, at->second, offset);
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  std::uint64_t const length = header.size();
  std::string file(reinterpret_cast<char const*>(&length), sizeof(length));
  file.reserve(sizeof(length) + header.size() + offset);
  file += header;
  for (auto const& at : order) file += as_text(bytes_of(at->second));
  return file;
}

}  // namespace detail

/// The bytes of a model file. Throws value_error for NaN and infinities, for text that is not UTF-8 and for the
/// reserved names, shape_error for a tensor whose shape does not fit its size. Equal fields give equal bytes.
[[nodiscard]] inline std::string serialise_fields(field_set const& fields) {
  detail::require_storable(fields);
  auto metadata = fields.metadata;
  metadata[std::string(detail::format_key)] = fields_format;
  metadata[std::string(detail::version_key)] = SIDERA_VERSION_STRING;
  metadata[std::string(detail::checksum_key)] = std::string(detail::checksum_digits, '0');
  std::string file = detail::assemble(fields, metadata);
  sha256 hash;
  hash.add(file);
  file.replace(file.find(detail::checksum_marker) + detail::checksum_marker.size(), detail::checksum_digits,
               hash.hex());
  return file;
}

/// Writes a model file, whole or not at all; see \ref safetensors_layout.hpp.
inline void save_fields(std::string const& path, field_set const& fields) {
  write_file(path, serialise_fields(fields));
}

/// A name for a model by its content: 64 hexadecimal digits that do not depend on the version of the library that saved
/// it. An ID table keeps it to tell later whether it still belongs to the codebooks at hand.
[[nodiscard]] inline std::string fields_fingerprint(field_set const& fields) {
  detail::require_storable(fields);
  sha256 hash;
  hash.add(detail::assemble(fields, fields.metadata));
  return hash.hex();
}

}  // namespace sidera::inline SIDERA_ABI
