// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the pieces of a batch tell all ranks beside their gradients.
#include <cstring>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/check.hpp>

namespace sidera::inline SIDERA_ABI {

/// Numbers and matrices, read in the order in which they were put.
class piece_message {
 public:
  piece_message() = default;
  explicit piece_message(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}

  void put(std::uint64_t number) { append(&number, sizeof(number)); }
  void put(piece_message const& other) {
    put(std::uint64_t{other.bytes_.size()});
    append(other.bytes_.data(), other.bytes_.size());
  }
  /// A matrix of numbers, row-major and without gaps.
  template <class Matrix>
  requires requires(Matrix const& m) { m.data() + m.rows() * m.cols(); }
  void put(Matrix const& m) {
    put(static_cast<std::uint64_t>(m.rows()));
    put(static_cast<std::uint64_t>(m.cols()));
    append(m.data(), static_cast<std::size_t>(m.size()) * sizeof(*m.data()));
  }

  /// What was put; throws shape_error when there is no more.
  [[nodiscard]] std::uint64_t number() {
    std::uint64_t value = 0;
    take(&value, sizeof(value));
    return value;
  }
  [[nodiscard]] piece_message message() {
    std::vector<std::byte> bytes(number());
    take(bytes.data(), bytes.size());
    return piece_message(std::move(bytes));
  }
  template <class Matrix>
  [[nodiscard]] Matrix matrix_of() {
    std::uint64_t const rows = number(), cols = number();
    Matrix m(static_cast<index_t>(rows), static_cast<index_t>(cols));
    take(m.data(), static_cast<std::size_t>(m.size()) * sizeof(*m.data()));
    return m;
  }

  [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }
  /// Whether all of it has been read.
  [[nodiscard]] bool ended() const noexcept { return read_ == bytes_.size(); }

 private:
  void append(void const* from, std::size_t size) {
    auto const* const p = static_cast<std::byte const*>(from);
    bytes_.insert(bytes_.end(), p, p + size);
  }
  void take(void* to, std::size_t size) {
    if (size > bytes_.size() - read_)
      throw shape_error("piece_message", std::to_string(size) + " bytes are asked for, there are " +
                                             std::to_string(bytes_.size() - read_));
    if (size != 0) std::memcpy(to, bytes_.data() + read_, size);
    read_ += size;
  }

  std::vector<std::byte> bytes_;
  std::size_t read_ = 0;
};

/// The messages of all pieces of a batch, in the order of the pieces, on every rank. `own` are those of this rank: rank
/// r of n has the pieces r, r + n, ..., as in \ref shared_batches.
template <Communicator C>
[[nodiscard]] std::vector<piece_message> exchange_pieces(C const& ranks, std::vector<piece_message> own) {
  if (ranks.size() == 1) return own;
  piece_message mine;
  for (piece_message const& m : own) mine.put(m);
  std::vector<piece_message> of_rank, all;
  for (std::vector<std::byte>& bytes : ranks.gather(mine.bytes())) of_rank.emplace_back(std::move(bytes));
  for (std::size_t r = 0; !of_rank[r].ended(); r = (r + 1) % of_rank.size()) all.push_back(of_rank[r].message());
  return all;
}

}  // namespace sidera::inline SIDERA_ABI
