// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows that are read block by block: what training and encoding take when the data do not fit into memory.
#include <algorithm>
#include <sidera/core/check.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// A table of rows of T that can be read in any order, as often as one likes.
///
/// Syntax:    `s.rows()`, `s.columns()`
///            `s.read(first, out)`  fills `out` (n x columns()) with the rows first .. first + n - 1
/// Semantics: the same rows every time. `read` is called from one thread at a time, with 0 <= first and first + n <=
///            rows(). What cannot be read, or has changed, is an exception that names its file.
/// Options:   `s.name_of(row)` -> text that tells a user where the row is, for messages.
/// Models:    \ref matrix_source, \ref npy_source, \ref vecs_source, \ref sharded_source.
template <class S, class T = float>
concept RowSource = Scalar<T> && requires(S const& s, std::size_t first, matrix_ref<T> out) {
  { s.rows() } -> std::convertible_to<std::size_t>;
  { s.columns() } -> std::convertible_to<std::size_t>;
  s.read(first, out);
};

namespace detail {
/// "row 17", or what the source calls it.
template <class S>
[[nodiscard]] std::string name_of_row(S const& source, std::size_t row) {
  if constexpr (requires { std::string(source.name_of(row)); })
    return std::string(source.name_of(row));
  else
    return "row " + std::to_string(row);
}

/// Throws shape_error unless the rows first .. first + out.rows() - 1 exist and `out` has the right columns.
template <class Matrix>
void require_readable(std::size_t first, Matrix const& out, std::size_t rows, std::size_t columns,
                      std::string_view function) {
  require_columns(out, columns, function, "out");
  if (first > rows || row_count(out) > rows - first)
    throw shape_error(function, "rows " + std::to_string(first) + " to " + std::to_string(first + row_count(out)) +
                                    " are asked for, there are " + std::to_string(rows));
}

template <class X>
inline constexpr bool is_const_ref = false;  // such an Eigen::Ref may hold a copy of its own
template <class M, int options, class Stride>
inline constexpr bool is_const_ref<Eigen::Ref<M const, options, Stride>> = true;

/// The numbers of X are T in memory, row by row and without gaps in a row: nothing has to be computed or turned.
template <class X, class T>
concept row_major_in_memory = std::derived_from<X, Eigen::DenseBase<X>> && std::same_as<typename X::Scalar, T> &&
                              bool(X::Flags& Eigen::DirectAccessBit) &&
                              bool(X::IsRowMajor) && X::InnerStrideAtCompileTime == 1;

/// When the full expression has ended, the numbers are still there: X is a named object or looks at somebody else's.
template <class X>
concept outlives_the_expression = std::is_lvalue_reference_v<X> ||
    (!std::derived_from<std::remove_cvref_t<X>, Eigen::PlainObjectBase<std::remove_cvref_t<X>>> &&
     !is_const_ref<std::remove_cvref_t<X>>);

}  // namespace detail

/// Rows in memory that somebody else keeps alive; for tests, and to show that streaming changes nothing.
///
/// Taken are a named row-major matrix of T, and blocks, maps and mutable references of one. Column-major matrices,
/// expressions and temporaries are refused at compile time: their copy would die before it is read.
template <Scalar T = float>
class matrix_source {
 public:
  template <class Rows>
  requires detail::row_major_in_memory<std::remove_cvref_t<Rows>, T> && detail::outlives_the_expression<Rows>
  explicit matrix_source(Rows&& x) noexcept : data_(x.data()), stride_(x.outerStride()), shape_{x.rows(), x.cols()} {}

  [[nodiscard]] std::size_t rows() const noexcept { return static_cast<std::size_t>(shape_[0]); }
  [[nodiscard]] std::size_t columns() const noexcept { return static_cast<std::size_t>(shape_[1]); }
  void read(std::size_t first, matrix_ref<T> out) const {
    detail::require_readable(first, out, rows(), columns(), "matrix_source::read");
    for (index_t i = 0; i < out.rows(); ++i)
      std::copy_n(data_ + (static_cast<index_t>(first) + i) * stride_, shape_[1], row_span(out, i).begin());
  }

 private:
  T const* data_;
  index_t stride_;
  index_t shape_[2];
};
static_assert(RowSource<matrix_source<float>> && RowSource<matrix_source<double>, double>);

/// Several sources as one, one after the other: the shards of a data set. Empty shards may have any columns.
template <class S>
class sharded_source {
 public:
  /// Throws shape_error, which names the shard by its number and first row, when the columns differ.
  explicit sharded_source(std::vector<S> shards) : shards_(std::move(shards)), starts_{0} {
    for (std::size_t k = 0; k < shards_.size(); ++k) {
      S const& s = shards_[k];
      if (s.rows() != 0 && columns_ == 0) columns_ = s.columns();
      if (s.rows() != 0 && s.columns() != columns_)
        throw shape_error("sharded_source", "shard " + std::to_string(k) + " (" + detail::name_of_row(s, 0) + ") has " +
                                                std::to_string(s.columns()) + " columns, the ones before have " +
                                                std::to_string(columns_));
      starts_.push_back(starts_.back() + s.rows());
    }
  }

  [[nodiscard]] std::size_t rows() const noexcept { return starts_.back(); }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }

  void read(std::size_t first, matrix_ref<float> out) const requires RowSource<S, float> {
    read_rows<float>(first, out);
  }
  void read(std::size_t first, matrix_ref<double> out) const requires RowSource<S, double> {
    read_rows<double>(first, out);
  }

  [[nodiscard]] std::string name_of(std::size_t row) const {
    std::size_t const k = shard_of(row);
    return detail::name_of_row(shards_[k], row - starts_[k]);
  }

 private:
  /// The shard that holds `row`; the last one for a row that does not exist.
  [[nodiscard]] std::size_t shard_of(std::size_t row) const noexcept {
    auto const next = std::upper_bound(starts_.begin(), starts_.end(), row);
    return std::min(static_cast<std::size_t>(next - starts_.begin()) - 1, shards_.size() - 1);
  }

  template <Scalar T>
  void read_rows(std::size_t first, matrix_ref<T> out) const {
    detail::require_readable(first, out, rows(), columns(), "sharded_source::read");
    std::size_t done = 0;
    while (done < row_count(out)) {
      std::size_t const k = shard_of(first + done), inside = first + done - starts_[k];
      std::size_t const count = std::min(shards_[k].rows() - inside, row_count(out) - done);
      shards_[k].read(inside, out.middleRows(static_cast<index_t>(done), static_cast<index_t>(count)));
      done += count;
    }
  }

  std::vector<S> shards_;
  std::vector<std::size_t> starts_;  ///< first row of every shard, then the number of rows
  std::size_t columns_ = 0;
};
static_assert(RowSource<sharded_source<matrix_source<float>>>);

}  // namespace sidera::inline SIDERA_ABI
