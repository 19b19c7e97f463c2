// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <sidera/core/config.hpp>
#include <type_traits>
#include <utility>

namespace sidera::inline SIDERA_ABI::simd {

/// Numbers on cache-line boundaries. Grows when more are asked for, never shrinks.
template <class T>
requires std::is_trivially_copyable_v<T>
class aligned_buffer {
 public:
  aligned_buffer() = default;
  explicit aligned_buffer(std::size_t count) { reserve(count); }
  aligned_buffer(aligned_buffer const& other) : aligned_buffer(other.capacity_) {
    if (capacity_ != 0) std::copy_n(other.data(), capacity_, data());
  }
  aligned_buffer(aligned_buffer&& other) noexcept
      : memory_(std::move(other.memory_)), capacity_(std::exchange(other.capacity_, 0)) {}
  aligned_buffer& operator=(aligned_buffer other) noexcept {
    memory_ = std::move(other.memory_);
    capacity_ = other.capacity_;
    return *this;
  }

  /// Room for `count` numbers; the old content is lost when it has to grow.
  T* reserve(std::size_t count) {
    if (count > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{64})));
      capacity_ = count;
    }
    return memory_.get();
  }
  [[nodiscard]] T* data() noexcept { return memory_.get(); }
  [[nodiscard]] T const* data() const noexcept { return memory_.get(); }

 private:
  struct release {
    void operator()(T* p) const noexcept { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, release> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI::simd
