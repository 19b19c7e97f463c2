// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <sidera/autodiff/aligned_vector.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI {

/// Memory that is handed out piece by piece and taken back all at once.
///
/// Every piece starts at a cache line. Blocks are kept over `reset`: a loop that asks for the same sizes again
/// allocates nothing. Nothing that lies in an arena is destroyed, so only trivially destructible things may.
class arena {
 public:
  /// Memory for `bytes` bytes until the next `reset`.
  [[nodiscard]] void* allocate(std::size_t bytes) {
    bytes = (bytes + line - 1) / line * line;
    while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size()) ++block_, used_ = 0;
    if (block_ == blocks_.size()) add_block(bytes);
    return blocks_[block_].data() + std::exchange(used_, used_ + bytes);
  }

  /// Takes everything back; the memory itself is kept.
  void reset() noexcept { block_ = 0, used_ = 0; }

  /// Bytes owned, in use or not.
  [[nodiscard]] std::size_t capacity() const noexcept {
    std::size_t sum = 0;
    for (auto const& block : blocks_) sum += block.size();
    return sum;
  }

 private:
  static constexpr std::size_t line = 64, first_block = std::size_t{1} << 16;

  /// Memory that is not filled with zeros when it is made.
  struct raw_byte {
    raw_byte() noexcept {}  // NOLINT: no initialisation on purpose
    std::byte value;
  };

  void add_block(std::size_t bytes) {
    blocks_.emplace_back(std::max(bytes, blocks_.empty() ? first_block : 2 * blocks_.back().size()));
    used_ = 0;
  }

  std::vector<aligned_vector<raw_byte>> blocks_;
  std::size_t block_ = 0, used_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
