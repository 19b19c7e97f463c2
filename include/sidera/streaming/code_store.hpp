// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstring>
#include <limits>
#include <sidera/core/scalar.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The codes of many rows in as few bytes as the number of words allows: one, two or four each. Different rows may be
/// written from different threads.
class code_store {
 public:
  code_store() = default;
  code_store(std::size_t rows, std::size_t words) : size_(bytes_per_code(words)), bytes_(rows * size_) {}

  [[nodiscard]] static constexpr std::size_t bytes_per_code(std::size_t words) noexcept {
    return words <= 256 ? 1 : words <= 65536 ? 2 : 4;
  }

  void set(std::size_t row, code_t code) noexcept { std::memcpy(bytes_.data() + row * size_, &code, size_); }
  [[nodiscard]] code_t get(std::size_t row) const noexcept {
    code_t code = 0;  // the low bytes come first: io/ asserts little-endian machines
    std::memcpy(&code, bytes_.data() + row * size_, size_);
    return code;
  }

 private:
  std::size_t size_ = 1;
  std::vector<std::byte> bytes_;
};

}  // namespace sidera::inline SIDERA_ABI
