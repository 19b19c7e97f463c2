// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the agreement of two labellings is computed from.
#include <algorithm>
#include <sidera/core/error.hpp>
#include <sidera/core/scalar.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// How often each pair of values of two labellings occurs. Only pairs that occur are stored, so two labellings with
/// 10^5 values each are no problem.
struct contingency_table {
  struct cell {
    std::size_t row, column;  ///< positions in `row_values` and `column_values`
    std::int64_t count;
  };
  std::vector<code_t> row_values, column_values;    ///< that occur, ascending
  std::vector<std::int64_t> row_sums, column_sums;  ///< one per value
  std::vector<cell> cells;                          ///< by row, then by column; counts > 0
  std::int64_t total = 0;                           ///< rows counted
  std::size_t skipped = 0;                          ///< rows where one side has no value (is negative)

  /// Counts pairs. Throws shape_error for different lengths, value_error where no row has both values.
  contingency_table(std::span<code_t const> rows, std::span<code_t const> columns) {
    if (rows.size() != columns.size())
      throw shape_error("contingency_table", "one labelling has " + std::to_string(rows.size()) + " rows, the other " +
                                                 std::to_string(columns.size()));
    std::vector<std::pair<code_t, code_t>> pairs;
    pairs.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i] >= 0 && columns[i] >= 0) pairs.emplace_back(rows[i], columns[i]);
    if (pairs.empty()) throw value_error("contingency_table", "no row has a value in both labellings");
    skipped = rows.size() - pairs.size();
    total = static_cast<std::int64_t>(pairs.size());
    std::sort(pairs.begin(), pairs.end());
    collect_columns(pairs);
    for (auto const& [row, column] : pairs) count(row, column);
  }

  /// Both labellings put the same rows together.
  [[nodiscard]] bool same_partition() const noexcept {
    return cells.size() == row_sums.size() && cells.size() == column_sums.size();
  }

 private:
  void collect_columns(std::vector<std::pair<code_t, code_t>> const& pairs) {
    for (auto const& pair : pairs) column_values.push_back(pair.second);
    std::sort(column_values.begin(), column_values.end());
    column_values.erase(std::unique(column_values.begin(), column_values.end()), column_values.end());
    column_sums.assign(column_values.size(), 0);
  }

  /// Pairs arrive sorted, so an equal cell can only be the last one.
  void count(code_t row, code_t column) {
    if (row_values.empty() || row_values.back() != row) {
      row_values.push_back(row);
      row_sums.push_back(0);
    }
    auto const at = static_cast<std::size_t>(std::lower_bound(column_values.begin(), column_values.end(), column) -
                                             column_values.begin());
    if (cells.empty() || cells.back().row + 1 != row_values.size() || cells.back().column != at)
      cells.push_back({row_values.size() - 1, at, 0});
    ++cells.back().count;
    ++row_sums.back();
    ++column_sums[at];
  }
};

}  // namespace sidera::inline SIDERA_ABI
