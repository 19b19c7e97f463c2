// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <sidera/core/check.hpp>
#include <sidera/core/random.hpp>
#include <sidera/interest/interaction_table.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// What a user had taken before a moment, from the training interactions alone.
///
/// With times: the last `length` training items before the moment (strictly), oldest first. Without: `length` of the
/// user's training items, drawn by the stream of the question. Never the item that is asked about: neither the target
/// nor anything later can be seen in a history.
class user_histories {
 public:
  /// Throws what require_table throws.
  user_histories(interaction_table const& table, std::size_t length)
      : length_(length), timed_(table.timed), of_user_(table.users) {
    require_table(table, "user_histories");
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      if (interaction const& row = table.rows[i]; row.part == data_part::train)
        of_user_[static_cast<std::size_t>(row.user)].push_back({row.time, i, row.item});
    for (auto& events : of_user_) std::sort(events.begin(), events.end());  // ties in the table's order
  }

  [[nodiscard]] std::size_t length() const noexcept { return length_; }

  /// Fills `out` (length() places) for a question about the `hidden` items at `time`; what is left over is no_code.
  /// Throws value_error for a user whom there is not, shape_error for another number of places.
  void fill(std::size_t user, std::span<code_t const> hidden, std::int64_t time, random_stream stream,
            std::span<code_t> out) const {
    require_index(user, of_user_.size(), "user_histories::fill", "user");
    if (out.size() != length_)
      throw shape_error("user_histories::fill",
                        "out has " + std::to_string(out.size()) + " places, expected " + std::to_string(length_));
    std::vector<code_t> seen;
    for (event const& e : of_user_[user])
      if ((!timed_ || e.time < time) && std::find(hidden.begin(), hidden.end(), e.item) == hidden.end())
        seen.push_back(e.item);
    if (seen.size() > length_ && timed_) seen.erase(seen.begin(), seen.end() - static_cast<std::ptrdiff_t>(length_));
    for (std::size_t i = 0; seen.size() > length_ && i < length_; ++i)
      std::swap(seen[i], seen[i + stream.below(i, seen.size() - i)]);
    std::fill(out.begin(), out.end(), no_code);
    std::copy_n(seen.begin(), std::min(length_, seen.size()), out.begin());
  }

 private:
  struct event {
    std::int64_t time;
    std::size_t row;
    code_t item;
    auto operator<=>(event const&) const = default;
  };
  std::size_t length_;
  bool timed_;
  std::vector<std::vector<event>> of_user_;
};

}  // namespace sidera::inline SIDERA_ABI
