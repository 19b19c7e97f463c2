// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/check.hpp>
#include <sidera/core/random.hpp>
#include <sidera/interest/interaction_table.hpp>

namespace sidera::inline SIDERA_ABI {

/// Draws partners: items that a user took besides another one, from the training interactions alone.
class item_partners {
 public:
  /// Throws what require_table throws.
  explicit item_partners(interaction_table const& table) : of_user_(table.users) {
    require_table(table, "item_partners");
    for (interaction const& row : table.rows)
      if (row.part == data_part::train) of_user_[static_cast<std::size_t>(row.user)].push_back(row.item);
    for (interaction const& row : table.rows)
      if (row.part == data_part::train && of_user_[static_cast<std::size_t>(row.user)].size() > 1)
        rows_.push_back({row.user, row.item});
  }

  struct user_item {
    code_t user = 0, item = 0;
  };
  /// The training interactions of users with at least two of them.
  [[nodiscard]] std::vector<user_item> const& rows() const noexcept { return rows_; }
  /// An item that the user of `row` took, the number `draw` of the stream; the row's own item if no other comes up.
  /// Throws value_error for a row that there is not.
  [[nodiscard]] code_t partner(std::size_t row, random_stream stream) const {
    require_index(row, rows_.size(), "item_partners::partner", "row");
    auto const& taken = of_user_[static_cast<std::size_t>(rows_[row].user)];
    for (std::uint64_t draw = 0; draw < 64; ++draw)
      if (code_t const other = taken[stream.below(64 * row + draw, taken.size())]; other != rows_[row].item)
        return other;
    return rows_[row].item;
  }

 private:
  std::vector<std::vector<code_t>> of_user_;
  std::vector<user_item> rows_;
};

}  // namespace sidera::inline SIDERA_ABI
