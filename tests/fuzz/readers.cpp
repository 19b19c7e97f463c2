// SPDX-License-Identifier: MIT
/// Every reader of untrusted bytes. The first byte chooses the format; whatever follows must end in a value or in a
/// file_error. Links with libFuzzer (-fsanitize=fuzzer) or with mutations.cpp.
#include <sidera/io/load_fields.hpp>
#include <sidera/io/npz.hpp>
#include <sidera/io/tokens.hpp>

namespace {

using sidera::byte_span;

void read_array(sidera::npy_array_view const& view) {
  std::vector<double> out(view.size());
  view.copy_to(std::span<double>(out));
}

void read_archive(byte_span bytes) {
  sidera::npz_view const archive(bytes, "f.npz");
  for (std::string const& name : archive.names()) read_array(archive.array(name));
}

/// Puts the right checksum into a model file, or the code behind the checksum would never be reached.
void read_signed_again(byte_span bytes) {
  std::string file(sidera::as_text(bytes));
  auto const marker = file.find(sidera::detail::checksum_marker);
  if (marker == std::string::npos) return;
  std::size_t const digits = marker + sidera::detail::checksum_marker.size();
  if (file.size() < digits + sidera::detail::checksum_digits) return;
  file.replace(digits, sidera::detail::checksum_digits, sidera::detail::checksum_digits, '0');
  sidera::sha256 hash;
  hash.add(file);
  file.replace(digits, sidera::detail::checksum_digits, hash.hex());
  static_cast<void>(sidera::parse_fields(sidera::as_byte_span(file)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  byte_span const bytes = std::as_bytes(std::span{data + 1, size - 1});
  try {
    switch (data[0] % 5) {
      case 0:
        read_array({bytes, "f.npy"});
        break;
      case 1:
        read_archive(bytes);
        break;
      case 2:
        static_cast<void>(sidera::parse_fields(bytes));
        break;
      case 3:
        read_signed_again(bytes);
        break;
      default:
        static_cast<void>(sidera::parse_tokens(sidera::as_text(bytes)));
    }
  } catch (sidera::file_error const&) {
  }
  return 0;
}
