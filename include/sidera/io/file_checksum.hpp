// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/io/crc32.hpp>
#include <sidera/io/load.hpp>

namespace sidera::inline SIDERA_ABI {

/// The CRC-32 of all bytes of a file as eight hexadecimal digits; of `file.npz:name`, of the whole archive. It tells a
/// file from what used to be in it, which a path does not; it is no protection against an adversary. Throws file_error.
[[nodiscard]] inline std::string file_checksum(std::string const& spec) {
  mapped_file const file(detail::split_npz(spec).first);
  std::uint32_t const crc = crc32::of(file.bytes());
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[crc >> shift & 15];
  return text;
}

}  // namespace sidera::inline SIDERA_ABI
