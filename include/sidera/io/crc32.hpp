// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <sidera/io/bytes.hpp>

namespace sidera::inline SIDERA_ABI {

/// The CRC-32 of zip archives (polynomial 0xEDB88320), eight bytes per step.
class crc32 {
 public:
  [[nodiscard]] static std::uint32_t of(byte_span bytes) noexcept {
    std::uint32_t crc = 0xFFFFFFFF;
    while (bytes.size() >= 8) {
      auto const low = load_number<std::uint32_t>(bytes.data()) ^ crc;
      auto const high = load_number<std::uint32_t>(bytes.data() + 4);
      crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
            tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
      bytes = bytes.subspan(8);
    }
    for (std::byte const b : bytes) crc = crc >> 8 ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(b)) & 255];
    return ~crc;
  }

 private:
  using table_set = std::array<std::array<std::uint32_t, 256>, 8>;

  /// tables[k][b] = the effect of byte b followed by k bytes of zero.
  [[nodiscard]] static constexpr table_set make() noexcept {
    table_set made{};
    for (std::uint32_t b = 0; b < 256; ++b) {
      std::uint32_t crc = b;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
      made[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k)
      for (std::size_t b = 0; b < 256; ++b) made[k][b] = made[k - 1][b] >> 8 ^ made[0][made[k - 1][b] & 255];
    return made;
  }
  static table_set const tables;
};

inline constexpr crc32::table_set crc32::tables = crc32::make();

}  // namespace sidera::inline SIDERA_ABI
