// SPDX-License-Identifier: MIT
#pragma once
/// \file  Who took what, and when: the raw material of a ranker.
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <sidera/core/number_text.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Which part of an experiment an interaction belongs to.
enum class data_part : std::uint8_t { train = 0, valid = 1, test = 2 };

/// A user took an item.
struct interaction {
  code_t user = 0, item = 0;
  data_part part = data_part::train;
  double weight = 1;      ///< how often or how much; nothing here depends on it yet
  std::int64_t time = 0;  ///< in any unit; only the order counts
};

namespace detail {

[[noreturn]] inline void refuse_table_row(std::size_t row, std::string const& what, std::string_view function) {
  throw value_error(function, "table row " + std::to_string(row) + " has " + what, row);
}

/// Throws value_error with the row whose number is none of 0 .. count - 1.
inline void require_table_number(std::size_t row, code_t number, std::size_t count, char const* what,
                                 std::string_view function) {
  if (number < 0 || static_cast<std::size_t>(number) >= count)
    refuse_table_row(row, std::string(what) + " " + std::to_string(number) + " of " + std::to_string(count), function);
}

}  // namespace detail

/// All interactions of users 0 .. users - 1 and items 0 .. items - 1.
struct interaction_table {
  std::size_t users = 0, items = 0;
  bool timed = false;  ///< `time` is known
  std::vector<interaction> rows;

  /// The number of rows of one part.
  [[nodiscard]] std::size_t count(data_part part) const {
    std::size_t n = 0;
    for (interaction const& row : rows) n += row.part == part;
    return n;
  }

  /// Training interactions per item. Throws value_error with the row of an item that does not exist.
  [[nodiscard]] std::vector<std::size_t> training_counts() const {
    std::vector<std::size_t> counts(items, 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].part != data_part::train) continue;
      detail::require_table_number(i, rows[i].item, items, "item", "interaction_table::training_counts");
      ++counts[static_cast<std::size_t>(rows[i].item)];
    }
    return counts;
  }

  /// One flag per item: fewer than `least` training interactions (the paper of MCCA takes 30).
  [[nodiscard]] std::vector<std::uint8_t> cold_items(std::size_t least = 30) const {
    std::vector<std::uint8_t> cold;
    for (std::size_t const count : training_counts()) cold.push_back(count < least ? 1 : 0);
    return cold;
  }
};

/// Throws value_error with the first row whose user, item or part the table does not have. Whatever indexes by them
/// calls it: tables filled by hand are not known to agree with their counts.
inline void require_table(interaction_table const& table, std::string_view function) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    interaction const& row = table.rows[i];
    detail::require_table_number(i, row.user, table.users, "user", function);
    detail::require_table_number(i, row.item, table.items, "item", function);
    if (row.part > data_part::test)
      detail::refuse_table_row(i, "split " + std::to_string(static_cast<int>(row.part)) + ", expected 0, 1 or 2",
                               function);
  }
}

namespace detail {

/// One row of a table as an interaction; errors name the row.
template <class N>
class interaction_row {
 public:
  interaction_row(N const* values, index_t columns, std::size_t row) : values_(values), columns_(columns), row_(row) {}

  [[nodiscard]] interaction read(std::size_t items) const {
    interaction out;
    out.user = integer<code_t>(0, "user");
    if (out.user < 0) fail("user " + text(0));
    out.item = integer<code_t>(1, "item");
    if (out.item < 0 || static_cast<std::size_t>(out.item) >= items)
      fail("item " + text(1) + " of " + std::to_string(items));
    auto const part = integer<std::int64_t>(2, "split");
    if (part < 0 || part > 2) fail("split " + text(2) + ", expected 0, 1 or 2");
    out.part = static_cast<data_part>(part);
    if (columns_ > 3) out.weight = static_cast<double>(values_[3]);
    if (!std::isfinite(out.weight)) fail("weight " + text(3));
    if (columns_ > 4) out.time = integer<std::int64_t>(4, "time");
    return out;
  }

 private:
  [[noreturn]] void fail(std::string const& what) const {
    throw value_error("interactions_from", "row " + std::to_string(row_) + " has " + what, row_);
  }
  [[nodiscard]] std::string text(index_t column) const { return to_text(values_[column]); }

  /// A number of column `column` that is an integer of type `I`.
  template <std::integral I>
  [[nodiscard]] I integer(index_t column, char const* name) const {
    N const value = values_[column];
    if constexpr (std::integral<N>) {
      if (!std::in_range<I>(value)) fail(name + (" " + text(column)) + ", which is out of range");
    } else {
      if (!(std::trunc(value) == value)) fail(name + (" " + text(column)) + ", expected an integer");
      auto const limit = std::ldexp(1.0, std::numeric_limits<I>::digits);  // one above the largest I
      if (!(value >= -limit && value < limit)) fail(name + (" " + text(column)) + ", which is out of range");
    }
    return static_cast<I>(value);
  }

  N const* values_;
  index_t columns_;
  std::size_t row_;
};

template <class Rows>
[[nodiscard]] interaction_table interactions_of(Rows const& rows, std::size_t items) {
  if (rows.cols() < 3 || rows.cols() > 5)
    throw shape_error("interactions_from", "the table has " + std::to_string(rows.cols()) +
                                               " columns, expected user, item, split and optionally weight and time");
  interaction_table table{0, items, rows.cols() == 5, {}};
  for (index_t i = 0; i < rows.rows(); ++i) {
    interaction_row const row(rows.data() + i * rows.outerStride(), rows.cols(), static_cast<std::size_t>(i));
    table.rows.push_back(row.read(items));
    table.users = std::max(table.users, static_cast<std::size_t>(table.rows.back().user) + 1);
  }
  return table;
}

}  // namespace detail

/// Reads rows of user, item, split (0 train, 1 valid, 2 test) and, where there are more columns, weight and time.
///
/// `items` is the number of items there are embeddings of; users are counted by the largest number. Weights may have
/// fractions; all other columns hold integers, in a table of floating-point numbers too. Throws shape_error for fewer
/// than 3 or more than 5 columns, value_error with the row for a number that cannot be.
[[nodiscard]] inline interaction_table interactions_from(code_matrix_cref const& rows, std::size_t items) {
  return detail::interactions_of(rows, items);
}
/// The same of integers of 64 bits, which times in milliseconds need.
[[nodiscard]] inline interaction_table interactions_from(integer_matrix_cref const& rows, std::size_t items) {
  return detail::interactions_of(rows, items);
}
/// The same of floating-point numbers, which weights with fractions need.
[[nodiscard]] inline interaction_table interactions_from(matrix_cref<double> const& rows, std::size_t items) {
  return detail::interactions_of(rows, items);
}

}  // namespace sidera::inline SIDERA_ABI
