// SPDX-License-Identifier: MIT
#pragma once
/// \file  Who took what, and when: the raw material of a ranker.
#include <cstdint>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <string>
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

  /// Training interactions per item.
  [[nodiscard]] std::vector<std::size_t> training_counts() const {
    std::vector<std::size_t> counts(items, 0);
    for (interaction const& row : rows)
      if (row.part == data_part::train) ++counts[static_cast<std::size_t>(row.item)];
    return counts;
  }

  /// One flag per item: fewer than `least` training interactions (the paper of MCCA takes 30).
  [[nodiscard]] std::vector<std::uint8_t> cold_items(std::size_t least = 30) const {
    std::vector<std::uint8_t> cold;
    for (std::size_t const count : training_counts()) cold.push_back(count < least ? 1 : 0);
    return cold;
  }
};

/// Reads rows of user, item, split (0 train, 1 valid, 2 test) and, where there are more columns, weight and time.
///
/// `items` is the number of items there are embeddings of; users are counted by the largest number. Throws shape_error
/// for fewer than 3 or more than 5 columns, value_error with the row for a number that cannot be.
[[nodiscard]] inline interaction_table interactions_from(code_matrix_cref const& rows, std::size_t items) {
  constexpr std::string_view where = "interactions_from";
  if (rows.cols() < 3 || rows.cols() > 5)
    throw shape_error(where, "the table has " + std::to_string(rows.cols()) +
                                 " columns, expected user, item, split and optionally weight and time");
  interaction_table table{0, items, rows.cols() == 5, {}};
  auto const fail = [&](index_t i, std::string const& what) {
    throw value_error(where, "row " + std::to_string(i) + " has " + what, static_cast<std::size_t>(i));
  };
  for (index_t i = 0; i < rows.rows(); ++i) {
    if (rows(i, 0) < 0) fail(i, "user " + std::to_string(rows(i, 0)));
    if (rows(i, 1) < 0 || static_cast<std::size_t>(rows(i, 1)) >= items)
      fail(i, "item " + std::to_string(rows(i, 1)) + " of " + std::to_string(items));
    if (rows(i, 2) < 0 || rows(i, 2) > 2) fail(i, "split " + std::to_string(rows(i, 2)) + ", expected 0, 1 or 2");
    table.users = std::max(table.users, static_cast<std::size_t>(rows(i, 0)) + 1);
    table.rows.push_back({rows(i, 0), rows(i, 1), static_cast<data_part>(rows(i, 2)),
                          rows.cols() > 3 ? static_cast<double>(rows(i, 3)) : 1, table.timed ? rows(i, 4) : 0});
  }
  return table;
}

}  // namespace sidera::inline SIDERA_ABI
