// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/communicators/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// One rank with all the data: an empty type whose calls compile to nothing.
struct serial_communicator {
  [[nodiscard]] static constexpr std::size_t rank() noexcept { return 0; }
  [[nodiscard]] static constexpr std::size_t size() noexcept { return 1; }
  static constexpr void sum(std::span<std::int64_t>) noexcept {}
  static constexpr void max(std::span<double>) noexcept {}
  [[nodiscard]] static gathered_bytes gather(std::span<std::byte const> bytes) {
    return {std::vector<std::byte>(bytes.begin(), bytes.end())};
  }
};
static_assert(Communicator<serial_communicator>);

}  // namespace sidera::inline SIDERA_ABI
