// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rows of a data set as integers, for searches that pass over them again and again.
#include <sidera/core/executor.hpp>
#include <sidera/core/matrix.hpp>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Rows less a point near them, as simd::first_pass_panels of equally many numbers read them.
class integer_row_store {
 public:
  using entry = simd::first_pass_entry;

  integer_row_store() = default;
  /// `x` need not live longer.
  integer_row_store(matrix_cref<float> const& x, std::vector<float> centre, executor_ref executor)
      : centre_(std::move(centre)),
        row_length_(simd::integer_row_length<entry>(dim())),
        lengths_(row_count(x)),
        errors_(row_count(x)) {
    entry* const integers = integers_.reserve(size() * row_length_);
    int const limit = simd::first_pass_panels::largest_integer(dim());
    block_partition const blocks{size(), 64};
    auto const stride = static_cast<std::size_t>(x.outerStride());
    std::vector<std::vector<float>> centred(executor.concurrency(), std::vector<float>(64 * dim()));
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      std::size_t const first = blocks.begin(b);
      simd::quantize_rows<entry>(
          x.data() + first * stride, stride, blocks.length(b), centre_.data(), dim(), limit,
          {centred[worker].data(), integers + first * row_length_, lengths_.data() + first, errors_.data() + first});
    });
  }

  [[nodiscard]] std::size_t size() const noexcept { return lengths_.size(); }
  [[nodiscard]] std::size_t dim() const noexcept { return centre_.size(); }
  [[nodiscard]] std::vector<float> const& centre() const noexcept { return centre_; }

  [[nodiscard]] std::span<entry const> row(std::size_t i) const noexcept {
    return {integers_.data() + i * row_length_, row_length_};
  }
  /// A bound of the length of row i less the centre.
  [[nodiscard]] double length(std::size_t i) const noexcept { return lengths_[i]; }
  /// How far the integers of row i can be from that.
  [[nodiscard]] double error(std::size_t i) const noexcept { return errors_[i]; }

 private:
  std::vector<float> centre_;
  std::size_t row_length_ = 0;
  simd::aligned_buffer<entry> integers_;
  std::vector<double> lengths_, errors_;
};

}  // namespace sidera::inline SIDERA_ABI
