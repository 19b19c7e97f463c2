// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What one rank tells the others: numbers and matrices, read in the order in which they were put, with the same types.
/// Ranks share one byte order.
class rank_message {
 public:
  rank_message() = default;
  explicit rank_message(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}

  template <class N>
  requires std::is_arithmetic_v<N>
  void put(N number) { append(&number, sizeof(number)); }
  /// The numbers alone: whoever reads them knows how many they are.
  template <class N, std::size_t count>
  requires std::is_arithmetic_v<N>
  void put_all(std::span<N, count> numbers) { append(numbers.data(), numbers.size_bytes()); }
  void put(rank_message const& other) {
    put(std::uint64_t{other.bytes_.size()});
    append(other.bytes_.data(), other.bytes_.size());
  }
  /// A matrix, row-major and without gaps, with its shape.
  template <class Matrix>
  requires requires(Matrix const& m) { m.data() + m.rows() * m.cols(); }
  void put(Matrix const& m) {
    put(static_cast<std::uint64_t>(m.rows()));
    put(static_cast<std::uint64_t>(m.cols()));
    append(m.data(), static_cast<std::size_t>(m.size()) * sizeof(*m.data()));
  }

  /// What was put; all of these throw shape_error when there is no more.
  template <class N = std::uint64_t>
  [[nodiscard]] N number() {
    N value{};
    take(&value, sizeof(value));
    return value;
  }
  template <class N, std::size_t count>
  requires std::is_arithmetic_v<N>
  void numbers(std::span<N, count> to) { take(to.data(), to.size_bytes()); }
  [[nodiscard]] rank_message message() {
    std::vector<std::byte> bytes(checked(number()));
    take(bytes.data(), bytes.size());
    return rank_message(std::move(bytes));
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
  [[nodiscard]] std::size_t checked(std::uint64_t size) const {
    if (size > bytes_.size() - read_)
      throw shape_error("rank_message", std::to_string(size) + " bytes are asked for, there are " +
                                            std::to_string(bytes_.size() - read_));
    return size;
  }
  void take(void* to, std::size_t size) {
    if (checked(size) != 0) std::memcpy(to, bytes_.data() + read_, size);
    read_ += size;
  }

  std::vector<std::byte> bytes_;
  std::size_t read_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
