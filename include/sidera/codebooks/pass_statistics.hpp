// SPDX-License-Identifier: MIT
#pragma once
/// \file  What one pass over the rows leaves behind: sums and counts per code word, exact and mergeable in any order.
#include <algorithm>
#include <bit>
#include <cmath>
#include <sidera/codebooks/usage.hpp>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One power of two per column, chosen so that the integers round(x * 2^s) of up to `rows` rows can be summed in 63
/// bits.
///
/// Every part of a data set (thread, batch, machine) must use the same scales: take them from all rows, or merge() the
/// scales of the parts first.
class column_scales {
 public:
  /// `rows` is the largest number of rows that will ever be summed.
  template <Scalar T>
  column_scales(matrix_cref<T> const& x, std::size_t rows) : rows_(rows), largest_(column_count(x), 0.0) {
    for (index_t i = 0; i < x.rows(); ++i) {
      auto const row = row_span(x, i);
      for (std::size_t d = 0; d < row.size(); ++d)
        largest_[d] = std::max(largest_[d], std::abs(static_cast<double>(row[d])));
    }
    refresh();
  }

  /// From what another one said: the largest magnitude of every column. Throws value_error for a NaN, an infinity or a
  /// negative number.
  column_scales(std::vector<double> largest, std::size_t rows) : rows_(rows), largest_(std::move(largest)) {
    for (double const value : largest_)
      if (!(value >= 0 && std::isfinite(value)))
        throw value_error("column_scales", "the largest magnitude of a column is " + std::to_string(value));
    refresh();
  }

  /// Widens these scales so that they also fit the rows of `other`.
  void merge(column_scales const& other) {
    if (other.dim() != dim())
      throw shape_error("column_scales::merge",
                        std::to_string(other.dim()) + " columns are merged with " + std::to_string(dim()));
    rows_ += other.rows_;
    for (std::size_t d = 0; d < largest_.size(); ++d) largest_[d] = std::max(largest_[d], other.largest_[d]);
    refresh();
  }

  [[nodiscard]] std::size_t dim() const noexcept { return scale_.size(); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::span<double const> largest() const noexcept { return largest_; }
  /// No integer of one row is larger in magnitude than 2^bits().
  [[nodiscard]] int bits() const noexcept { return std::min(50, 62 - static_cast<int>(std::bit_width(rows_))); }
  [[nodiscard]] double const* scale() const noexcept { return scale_.data(); }
  [[nodiscard]] double const* inverse() const noexcept { return inverse_.data(); }
  [[nodiscard]] bool operator==(column_scales const& other) const noexcept { return scale_ == other.scale_; }

 private:
  void refresh() {
    // 50 bits let a double become an integer by one addition (see fixed_point); 62 - log2(rows) keep the sum in range.
    scale_.resize(largest_.size());
    inverse_.resize(largest_.size());
    for (std::size_t d = 0; d < largest_.size(); ++d) {
      int const s = largest_[d] > 0 ? std::clamp(bits() - std::ilogb(largest_[d]) - 1, -1000, 1000) : 0;
      scale_[d] = std::ldexp(1.0, s);
      inverse_[d] = std::ldexp(1.0, -s);
    }
  }

  std::size_t rows_;
  std::vector<double> largest_, scale_, inverse_;
};

/// Sums and counts of the rows of every code word, in fixed point.
///
/// Integers add up to the same total in any order, so the result does not depend on threads, batches or machines, and a
/// row that changes its word can be taken out again without a trace. A value is rounded to within 2^-50 of the largest
/// magnitude of its column up to 4095 rows, one bit more for each doubling beyond: far below the rounding of a float.
template <Scalar T>
class pass_statistics {
 public:
  pass_statistics(std::size_t words, column_scales scales)
      : scales_(std::move(scales)), sums_(words * scales_.dim(), 0), counts_(words, 0) {}

  /// From integers that \ref sums and \ref counts gave. Throws shape_error for sizes that do not fit, value_error for
  /// numbers that no rows can have.
  pass_statistics(column_scales scales, std::vector<std::int64_t> sums, std::vector<std::int64_t> counts)
      : scales_(std::move(scales)), sums_(std::move(sums)), counts_(std::move(counts)) {
    if (sums_.size() != counts_.size() * dim())
      throw shape_error("pass_statistics", std::to_string(sums_.size()) + " sums do not fit " +
                                               std::to_string(counts_.size()) + " words and " + std::to_string(dim()) +
                                               " columns");
    require_possible();
  }

  /// The statistics of one batch with its own scales. Throws value_error for a code that has no word.
  [[nodiscard]] static pass_statistics of(matrix_cref<T> const& x, std::span<code_t const> codes, std::size_t words) {
    require_rows(x, codes.size(), "pass_statistics::of", "x");
    pass_statistics result(words, column_scales(x, row_count(x)));
    require_codes(codes, words, "pass_statistics::of");
    for (index_t i = 0; i < x.rows(); ++i) result.add(row_span(x, i), codes[static_cast<std::size_t>(i)]);
    return result;
  }

  /// Adds a row to its word; rows without a code are skipped.
  void add(std::span<T const> row, code_t code) noexcept {
    if (code < 0) return;
    accumulate<1>(row, static_cast<std::size_t>(code));
  }
  /// Takes a row out again.
  void remove(std::span<T const> row, code_t code) noexcept {
    if (code < 0) return;
    accumulate<-1>(row, static_cast<std::size_t>(code));
  }

  /// Adds the statistics of other rows; both must use equal scales.
  void merge(pass_statistics const& other) {
    if (other.sums_.size() != sums_.size() || !(other.scales_ == scales_))
      throw shape_error("pass_statistics::merge", "the two sides have different words, columns or scales");
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
    for (std::size_t j = 0; j < counts_.size(); ++j) counts_[j] += other.counts_[j];
  }

  /// Forgets all rows.
  void clear() noexcept {
    std::fill(sums_.begin(), sums_.end(), 0);
    std::fill(counts_.begin(), counts_.end(), 0);
  }

  [[nodiscard]] std::size_t words() const noexcept { return counts_.size(); }
  [[nodiscard]] std::size_t dim() const noexcept { return scales_.dim(); }
  [[nodiscard]] std::span<std::int64_t const> counts() const noexcept { return counts_; }
  /// words() x dim() integers: sums in units of 1 / scale.
  [[nodiscard]] std::span<std::int64_t const> sums() const noexcept { return sums_; }
  [[nodiscard]] column_scales const& scales() const noexcept { return scales_; }

  /// Column d of the sum over the members of word j.
  [[nodiscard]] double sum(std::size_t j, std::size_t d) const noexcept {
    return static_cast<double>(sums_[j * dim() + d]) * scales_.inverse()[d];
  }

  /// Writes the mean of the members of word j; the word must have members.
  void mean(std::size_t j, std::span<T> out) const noexcept {
    auto const count = static_cast<double>(counts_[j]);
    for (std::size_t d = 0; d < out.size(); ++d) out[d] = static_cast<T>(sum(j, d) / count);
  }

 private:
  template <int Sign>
  void accumulate(std::span<T const> row, std::size_t j) noexcept {
    // Adding 1.5 * 2^52 leaves the rounded integer in the low bits of the double: a conversion that every instruction
    // set can vectorise. The product with a power of two is exact, so contraction to an fma changes nothing.
    constexpr double magic = 0x1.8p52;
    double const* scale = scales_.scale();
    std::int64_t* sum = sums_.data() + j * dim();
    for (std::size_t d = 0; d < row.size(); ++d) {
      double const shifted = static_cast<double>(row[d]) * scale[d] + magic;
      sum[d] += Sign * (std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(magic));
    }
    counts_[j] += Sign;
  }

  /// Integers from outside must neither overflow when they are merged nor pass for data that they cannot come from.
  void require_possible() const {
    auto left = static_cast<std::int64_t>(std::min<std::size_t>(scales_.rows(), std::size_t{1} << 62));
    for (std::size_t j = 0; j < counts_.size(); ++j) {
      if (counts_[j] < 0 || counts_[j] > left)
        throw value_error("pass_statistics", "the rows per word are more than the " + std::to_string(scales_.rows()) +
                                                 " rows of the scales, or negative");
      left -= counts_[j];
      // A magnitude below 2^bits per row; compared in double, where it is exact up to a rounding.
      double const limit = std::ldexp(static_cast<double>(counts_[j]), scales_.bits()) * (1 + 0x1p-50);
      for (std::size_t d = 0; d < dim(); ++d)
        if (std::abs(static_cast<double>(sums_[j * dim() + d])) > limit)
          throw value_error("pass_statistics",
                            "the sum of word " + std::to_string(j) + " is larger than its rows can make it");
    }
  }

  column_scales scales_;
  std::vector<std::int64_t> sums_;
  std::vector<std::int64_t> counts_;
};

}  // namespace sidera::inline SIDERA_ABI
