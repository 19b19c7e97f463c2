// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a ranker is asked: histories and the items that are to be scored after them.
#include <algorithm>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One row per question: how well does `target` follow after `history`?
struct ranking_batch {
  code_matrix history;         ///< rows x time item numbers, no_code where there is no item
  std::vector<code_t> target;  ///< item numbers
  std::vector<code_t> user;    ///< only models that know users look at it

  [[nodiscard]] std::size_t size() const noexcept { return target.size(); }
  [[nodiscard]] std::size_t time() const { return column_count(history); }
};

/// One history and many candidates, as a batch with a row per candidate.
[[nodiscard]] inline ranking_batch candidates_of(std::span<code_t const> history, std::span<code_t const> candidates,
                                                 code_t user = no_code) {
  ranking_batch batch{code_matrix(static_cast<index_t>(candidates.size()), static_cast<index_t>(history.size())),
                      {candidates.begin(), candidates.end()},
                      std::vector<code_t>(candidates.size(), user)};
  for (index_t i = 0; i < batch.history.rows(); ++i)
    std::copy(history.begin(), history.end(), batch.history.data() + i * batch.history.cols());
  return batch;
}

namespace detail {

/// Throws value_error with the row whose number is neither one of `count` nor, from `least` on, negative.
inline void require_number(code_t number, std::size_t count, std::size_t row, std::string_view function,
                           std::string_view what, std::string_view of_what, code_t least = 0) {
  if (number >= least && (number < 0 || static_cast<std::size_t>(number) < count)) return;
  throw value_error(function,
                    "row " + std::to_string(row) + ": " + std::string(what) + " " + std::to_string(number) + " of " +
                        std::to_string(count) + " " + std::string(of_what),
                    row);
}

}  // namespace detail

/// Throws shape_error for different numbers of rows, value_error with the row of an item that does not exist.
inline void require_batch(ranking_batch const& batch, std::size_t items, std::string_view function) {
  if (row_count(batch.history) != batch.size())
    throw shape_error(function, "there are " + std::to_string(row_count(batch.history)) + " histories and " +
                                    std::to_string(batch.size()) + " targets");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    detail::require_number(batch.target[i], items, i, function, "target", "items");
    for (index_t j = 0; j < batch.history.cols(); ++j)
      detail::require_number(batch.history(static_cast<index_t>(i), j), items, i, function, "history holds", "items",
                             no_code);
  }
}

/// Throws shape_error for another number of users than rows, value_error with the row of a user that does not exist:
/// no_code, which \ref candidates_of puts where nobody is named, is none.
inline void require_users(ranking_batch const& batch, std::size_t users, std::string_view function) {
  if (batch.user.size() != batch.size())
    throw shape_error(function, "there are " + std::to_string(batch.user.size()) + " users and " +
                                    std::to_string(batch.size()) + " targets");
  for (std::size_t i = 0; i < batch.size(); ++i)
    detail::require_number(batch.user[i], users, i, function, "user", "users");
}

/// The different items of all histories, and where each place of the histories finds its item among them: what is
/// computed per item is computed once per batch, however often the item occurs.
struct history_items {
  std::vector<code_t> items;   ///< ascending
  std::vector<code_t> places;  ///< rows * time positions in `items`, no_code for padding

  /// `item_count`: how many items there are; those of the histories must be below.
  history_items(code_matrix const& history, std::size_t item_count)
      : places(history.data(), history.data() + history.size()) {
    // Flags for all items are fastest where the batch holds a good part of them.
    if (item_count <= 64 * places.size())
      by_flags(item_count);
    else
      by_sorting();
  }

 private:
  void by_flags(std::size_t item_count) {
    std::vector<code_t> position(item_count + 1, no_code);  // of item i at i + 1; padding counts as item -1
    for (code_t const item : places) position[static_cast<std::size_t>(item + 1)] = 0;
    position[0] = no_code;
    items.reserve(std::min(item_count, places.size()));
    for (std::size_t i = 1; i <= item_count; ++i)
      if (position[i] == 0) {
        position[i] = static_cast<code_t>(items.size());
        items.push_back(static_cast<code_t>(i - 1));
      }
    for (code_t& place : places) place = position[static_cast<std::size_t>(place + 1)];
  }

  void by_sorting() {
    std::copy_if(places.begin(), places.end(), std::back_inserter(items), [](code_t item) { return item >= 0; });
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (code_t& place : places)
      if (place >= 0) place = static_cast<code_t>(std::lower_bound(items.begin(), items.end(), place) - items.begin());
  }
};

}  // namespace sidera::inline SIDERA_ABI
