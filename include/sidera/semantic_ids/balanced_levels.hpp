// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <numeric>
#include <queue>
#include <sidera/semantic_ids/collision_resolver.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// The column of each row of `costs`, at most room[c] rows in column c, or no_code for rows that found no place.
///
/// Deferred acceptance (Gale and Shapley 1962): rows ask columns in the order of cost, a full column keeps the cheapest
/// of those that asked; of equals the row with the lower number. No row and column would both rather have each other.
[[nodiscard]] inline std::vector<code_t> stable_places(matrix<double> const& costs,
                                                       std::vector<std::size_t> const& room,
                                                       std::vector<std::size_t> waiting) {
  using asked = std::pair<double, std::size_t>;
  std::vector<code_t> places(row_count(costs), no_code);
  std::vector<std::vector<code_t>> order(places.size());
  std::vector<std::size_t> next(places.size(), 0);
  for (std::size_t const i : waiting) {
    auto const row = costs.row(static_cast<index_t>(i));
    order[i].resize(column_count(costs));
    std::iota(order[i].begin(), order[i].end(), code_t{0});
    std::sort(order[i].begin(), order[i].end(),
              [&](code_t a, code_t b) { return row(a) != row(b) ? row(a) < row(b) : a < b; });
  }
  std::vector<std::priority_queue<asked>> held(room.size());
  while (!waiting.empty()) {
    std::size_t const i = waiting.back();
    waiting.pop_back();
    if (next[i] == order[i].size()) continue;
    code_t const c = order[i][next[i]++];
    auto& queue = held[static_cast<std::size_t>(c)];
    queue.emplace(costs(static_cast<index_t>(i), c), i);
    if (queue.size() <= room[static_cast<std::size_t>(c)]) continue;
    waiting.push_back(queue.top().second);
    queue.pop();
  }
  for (std::size_t c = 0; c < held.size(); ++c)
    for (; !held[c].empty(); held[c].pop()) places[held[c].top().second] = static_cast<code_t>(c);
  return places;
}

}  // namespace detail

/// Gives out the codes of every level evenly: of N items, published ones included, each of the K words of a level gets
/// floor(N / K) or one more (the goal of OneRec's balanced k-means, arXiv 2502.18965, here for a quantizer that is
/// trained already). Level by level, each new item gets the cheapest word behind its new prefix that a stable
/// assignment allows; so all codes of an ID may change, and IDs that more than one item has may remain: they are
/// counted as unresolved, and another resolver can part them.
///
/// For codebooks that were trained with \ref balanced, whose words stand for about equally many rows. Words that
/// k-means gave to a few far rows have to take their share too, and cost more than the IDs are worth.
///
/// Published words that are over their share already get no new items. Needs `costs_by_prefix`, which is called once
/// per item and level and once more for the IDs of the quantizer. Time O(N K log K) per level, memory N K.
struct balanced_levels {
  [[nodiscard]] collision_resolution operator()(collision_problem const& problem) const {
    constexpr std::string_view where = "balanced_levels";
    check(problem, where);
    std::vector<std::size_t> items;
    for (std::size_t i = 0; i < row_count(problem.codes); ++i)
      if ((problem.codes.row(static_cast<index_t>(i)).array() >= 0).all()) items.push_back(i);
    collision_resolution out{problem.codes, problem.words};
    double before = 0, after = 0;
    for (index_t l = 0; l < problem.codes.cols(); ++l) {
      bool const last = l + 1 == problem.codes.cols();
      if (last) before = sum_of_costs(problem, problem.codes, items);
      balance(problem, static_cast<std::size_t>(l), items, out.ids);
      if (last) after = sum_of_costs(problem, out.ids, items);
    }
    out.added_cost = after - before;
    count(problem, items, out);
    return out;
  }

 private:
  static void check(collision_problem const& problem, std::string_view where) {
    if (problem.codes.cols() == 0) throw shape_error(where, "codes have no level");
    require_columns(problem.codes, problem.words.size(), where, "codes");
    if (problem.published.rows() > 0) require_columns(problem.published, problem.words.size(), where, "published");
    if (!problem.costs_by_prefix) throw value_error(where, "costs_by_prefix is missing");
    for (std::size_t const words : problem.words)
      if (words == 0) throw value_error(where, "a level has no words");
    check_codes(problem.codes, problem.words, where);
    if (problem.published.rows() > 0) check_codes(problem.published, problem.words, where);
  }
  static void check_codes(code_matrix_cref const& ids, std::vector<std::size_t> const& words, std::string_view where) {
    for (index_t i = 0; i < ids.rows(); ++i)
      for (std::size_t l = 0; l < words.size(); ++l)
        if (code_t const c = ids(i, static_cast<index_t>(l)); c >= 0 && static_cast<std::size_t>(c) >= words[l])
          throw value_error(where,
                            "row " + std::to_string(i) + " has a code without a word at level " + std::to_string(l),
                            static_cast<std::size_t>(i));
  }

  static void costs_behind(collision_problem const& problem, code_matrix const& ids, std::size_t item,
                           std::size_t level, std::span<double> out) {
    problem.costs_by_prefix(item, row_span(ids, static_cast<index_t>(item)).first(level), out);
    for (double const c : out)
      if (std::isnan(c))
        throw value_error("balanced_levels", "item " + std::to_string(item) + " has a cost that is a NaN", item);
  }

  static void balance(collision_problem const& problem, std::size_t level, std::vector<std::size_t> const& items,
                      code_matrix& ids) {
    auto const column = static_cast<index_t>(level);
    std::size_t const words = problem.words[level];
    std::vector<std::size_t> used(words, 0);
    for (index_t i = 0; i < problem.published.rows(); ++i)
      if (code_t const c = problem.published(i, column); c >= 0) ++used[static_cast<std::size_t>(c)];
    std::size_t const share = (std::accumulate(used.begin(), used.end(), items.size())) / words;
    matrix<double> costs(static_cast<index_t>(items.size()), static_cast<index_t>(words));
    for (std::size_t k = 0; k < items.size(); ++k)
      costs_behind(problem, ids, items[k], level, row_span(costs, static_cast<index_t>(k)));
    std::vector<std::size_t> room(words), waiting(items.size());
    for (std::size_t c = 0; c < words; ++c) room[c] = used[c] < share ? share - used[c] : 0;
    std::iota(waiting.begin(), waiting.end(), std::size_t{0});
    std::vector<code_t> places = detail::stable_places(costs, room, waiting);
    std::erase_if(waiting, [&](std::size_t k) { return places[k] >= 0; });
    for (std::size_t c = 0; c < words; ++c) room[c] = used[c] <= share ? 1 : 0;  // the rest: one more each
    std::vector<code_t> const rest = detail::stable_places(costs, room, waiting);
    for (std::size_t k = 0; k < items.size(); ++k)
      ids(static_cast<index_t>(items[k]), column) = places[k] >= 0 ? places[k] : rest[k];
  }

  /// What the whole IDs cost.
  [[nodiscard]] static double sum_of_costs(collision_problem const& problem, code_matrix const& ids,
                                           std::vector<std::size_t> const& items) {
    double sum = 0;
    std::vector<double> costs(problem.words.back());
    for (std::size_t const i : items) {
      costs_behind(problem, ids, i, problem.words.size() - 1, costs);
      sum += costs[static_cast<std::size_t>(ids(static_cast<index_t>(i), ids.cols() - 1))];
    }
    return sum;
  }

  static void count(collision_problem const& problem, std::vector<std::size_t> const& items,
                    collision_resolution& out) {
    detail::id_occupancy taken({out.ids, problem.words, {}, problem.published}, "balanced_levels");
    for (std::size_t const i : items) {
      auto const row = static_cast<index_t>(i);
      if (out.ids.row(row) != problem.codes.row(row)) ++out.moved;
      code_t const last = out.ids(row, out.ids.cols() - 1);
      if (taken.at(taken.prefix(i), last) > 0) ++out.unresolved;
      taken.add(taken.prefix(i), last);
    }
  }
};
static_assert(CollisionResolver<balanced_levels>);

}  // namespace sidera::inline SIDERA_ABI
