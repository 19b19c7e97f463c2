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
  /// `x` need not live longer. With `remainders`, also what the integers leave, as integers once more, where these are
  /// of 8 bits: for simd::finer_words.
  integer_row_store(matrix_cref<float> const& x, std::vector<float> centre, executor_ref executor,
                    bool remainders = false)
      : centre_(std::move(centre)),
        row_length_(simd::integer_row_length<entry>(dim())),
        remainder_length_(remainders && sizeof(entry) == 1 ? simd::remainder_row_length<entry>(dim()) : 0),
        lengths_(row_count(x)),
        errors_(row_count(x)),
        finer_errors_(remainder_length_ > 0 ? row_count(x) : 0) {
    std::size_t const used = size() * row_length_, all = simd::detail::whole_tiles_of<entry>(size()) * row_length_ +
                                                         sizeof(simd::detail::integer_batch);
    entry* const integers = integers_.reserve(all);
    std::fill(integers + used, integers + all, entry{0});
    entry* const finer = remainders_.reserve(size() * remainder_length_);
    int const limit = simd::first_pass_panels::largest_integer(dim());
    block_partition const blocks{size(), 64};
    auto const stride = static_cast<std::size_t>(x.outerStride());
    std::vector<std::vector<float>> centred(executor.concurrency(), std::vector<float>(64 * dim()));
    executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      std::size_t const first = blocks.begin(b);
      simd::quantize_rows<entry>(
          x.data() + first * stride, stride, blocks.length(b), centre_.data(), dim(), limit,
          {centred[worker].data(), integers + first * row_length_, lengths_.data() + first, errors_.data() + first,
           has_remainders() ? finer + first * remainder_length_ : nullptr,
           has_remainders() ? finer_errors_.data() + first : nullptr});
    });
  }

  [[nodiscard]] std::size_t size() const noexcept { return lengths_.size(); }
  [[nodiscard]] std::size_t dim() const noexcept { return centre_.size(); }
  [[nodiscard]] std::vector<float> const& centre() const noexcept { return centre_; }

  [[nodiscard]] std::span<entry const> row(std::size_t i) const noexcept { return rows(i, i + 1); }
  /// Rows first, ..., end - 1, one after the other. Behind the last one of all are zeros up to a whole tile of rows,
  /// and for a register more.
  [[nodiscard]] std::span<entry const> rows(std::size_t first, std::size_t end) const noexcept {
    return {integers_.data() + first * row_length_, integers_.data() + end * row_length_};
  }
  /// A bound of the length of row i less the centre.
  [[nodiscard]] double length(std::size_t i) const noexcept { return lengths_[i]; }
  [[nodiscard]] double const* lengths() const noexcept { return lengths_.data(); }
  /// How far the integers of row i can be from that.
  [[nodiscard]] double error(std::size_t i) const noexcept { return errors_[i]; }
  [[nodiscard]] double const* errors() const noexcept { return errors_.data(); }

  [[nodiscard]] bool has_remainders() const noexcept { return remainder_length_ > 0; }
  /// Remainders of rows first, ..., end - 1.
  [[nodiscard]] std::span<entry const> remainders(std::size_t first, std::size_t end) const noexcept {
    return {remainders_.data() + first * remainder_length_, remainders_.data() + end * remainder_length_};
  }
  /// How far the integers with the remainders can be from row i less the centre.
  [[nodiscard]] double finer_error(std::size_t i) const noexcept { return finer_errors_[i]; }

 private:
  std::vector<float> centre_;
  std::size_t row_length_ = 0, remainder_length_ = 0;
  simd::aligned_buffer<entry> integers_, remainders_;
  std::vector<double> lengths_, errors_, finer_errors_;
};

}  // namespace sidera::inline SIDERA_ABI
