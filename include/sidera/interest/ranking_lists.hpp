// SPDX-License-Identifier: MIT
#pragma once
/// \file  Whole lists to rank: every item that a user has not taken yet, instead of a few drawn negatives. Metrics on
///        drawn negatives can order models differently (Krichene and Rendle, KDD 2020).
#include <limits>
#include <sidera/interest/ranking_batch.hpp>
#include <sidera/interest/user_histories.hpp>

namespace sidera::inline SIDERA_ABI {

/// One user, one history, all items that could come next, and which of them did.
struct ranking_list {
  code_t user = 0;
  std::vector<code_t> history;     ///< places, no_code where there is no item
  std::vector<code_t> candidates;  ///< ascending
  std::vector<double> relevance;   ///< 1: taken in the part that is asked about

  [[nodiscard]] ranking_batch questions() const { return candidates_of(history, candidates, user); }
};

/// A list for each of at most `users` users who took something in `part`, drawn by `seed`, in ascending order; equal
/// arguments give equal lists.
///
/// Candidates are the items that the user took in no part, and those of `part`, as far as they are not training items
/// of the user too: what is taken again in a part that no model was trained on is asked about all the same. Histories
/// are as in \ref make_samples; with times, they end before the user's first event of the part. Throws value_error for
/// the part `train`, whose items are all known, and what require_table throws.
[[nodiscard]] inline std::vector<ranking_list> make_lists(interaction_table const& table, data_part part,
                                                          std::size_t history, std::size_t users,
                                                          std::uint64_t seed = 0) {
  enum : std::uint8_t { untouched, elsewhere, wanted, trained };  // of an item's parts, the last one counts
  constexpr std::string_view where = "make_lists";
  if (part == data_part::train)
    throw value_error(where, "part is train, whose items are known: expected valid or test");
  require_table(table, where);
  std::vector<std::vector<interaction>> of_user(table.users);
  for (interaction const& row : table.rows) of_user[static_cast<std::size_t>(row.user)].push_back(row);
  random_stream const stream(seed, 0x6C69737473);
  std::vector<std::size_t> chosen;
  for (std::size_t const u : stream.permutation(table.users)) {
    bool const asked = std::any_of(of_user[u].begin(), of_user[u].end(), [&](auto& row) { return row.part == part; });
    if (asked && chosen.size() < users) chosen.push_back(u);
  }
  std::sort(chosen.begin(), chosen.end());

  user_histories const histories(table, history);
  std::vector<ranking_list> lists;
  for (std::size_t const u : chosen) {
    std::vector<std::uint8_t> state(table.items, untouched);
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (interaction const& row : of_user[u]) {
      if (row.part == part) first = std::min(first, row.time);
      auto& now = state[static_cast<std::size_t>(row.item)];
      now = std::max<std::uint8_t>(now, row.part == data_part::train ? trained : row.part == part ? wanted : elsewhere);
    }
    ranking_list list{static_cast<code_t>(u), std::vector<code_t>(history), {}, {}};
    for (std::size_t i = 0; i < table.items; ++i) {
      if (state[i] == elsewhere || state[i] == trained) continue;
      list.candidates.push_back(static_cast<code_t>(i));
      list.relevance.push_back(state[i] == wanted ? 1 : 0);
    }
    if (std::count(state.begin(), state.end(), wanted) == 0) continue;  // all of it was known from training
    histories.fill(u, {}, first, stream.fork(u), list.history);
    lists.push_back(std::move(list));
  }
  return lists;
}

}  // namespace sidera::inline SIDERA_ABI
