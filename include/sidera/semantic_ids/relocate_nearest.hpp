// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/semantic_ids/collision_resolver.hpp>

namespace sidera::inline SIDERA_ABI {

/// In a bucket with more than `capacity` items the cheapest ones stay; each other one moves to its cheapest last-level
/// code that still has room under the same prefix, if that is among its `candidates` cheapest codes.
///
/// `capacity` 1 makes IDs unique, a larger one bounds the buckets. Items stay in the order of their cost and move in
/// that of their number. Takes one call of `costs` per item that shares its ID.
struct relocate_nearest {
  std::size_t capacity = 1;
  std::size_t candidates = 0;  ///< 0: all codes of the level

  [[nodiscard]] collision_resolution operator()(collision_problem const& problem) const {
    if (capacity == 0) throw value_error("relocate_nearest", "capacity is 0");
    detail::require_costs(problem, "relocate_nearest");
    detail::id_occupancy taken(problem, "relocate_nearest");
    collision_resolution out{problem.codes, problem.words};
    // All prefixes are told first who stays, so that nobody moves to a code that is someone's own.
    for (auto const& [prefix, items] : detail::members_by_prefix(problem, taken))
      for (std::size_t const item : keep_cheapest(problem, prefix, items, taken))
        move(problem, prefix, item, taken, out);
    return out;
  }

 private:
  /// Fills the buckets of one prefix and returns the items that found no room, ascending.
  [[nodiscard]] std::vector<std::size_t> keep_cheapest(collision_problem const& problem, code_t prefix,
                                                       std::vector<std::size_t> const& items,
                                                       detail::id_occupancy& taken) const {
    std::map<code_t, std::vector<std::size_t>> buckets;
    for (std::size_t const i : items)
      buckets[problem.codes(static_cast<index_t>(i), problem.codes.cols() - 1)].push_back(i);
    std::vector<std::size_t> homeless;
    std::vector<double> costs(problem.words.back());
    for (auto& [last, bucket] : buckets) {
      std::size_t const used = taken.at(prefix, last), room = used < capacity ? capacity - used : 0;
      if (bucket.size() > room && room > 0) sort_by_cost(problem, last, bucket, costs);
      for (std::size_t k = 0; k < bucket.size(); ++k)
        if (k < room)
          taken.add(prefix, last);
        else
          homeless.push_back(bucket[k]);
    }
    std::sort(homeless.begin(), homeless.end());
    return homeless;
  }

  static void sort_by_cost(collision_problem const& problem, code_t last, std::vector<std::size_t>& bucket,
                           std::vector<double>& costs) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t const i : bucket) {
      detail::fill_costs(problem, i, costs, "relocate_nearest");
      order.emplace_back(costs[static_cast<std::size_t>(last)], i);
    }
    std::sort(order.begin(), order.end());
    for (std::size_t k = 0; k < bucket.size(); ++k) bucket[k] = order[k].second;
  }

  void move(collision_problem const& problem, code_t prefix, std::size_t item, detail::id_occupancy& taken,
            collision_resolution& out) const {
    std::vector<double> costs(problem.words.back());
    detail::fill_costs(problem, item, costs, "relocate_nearest");
    std::vector<code_t> order(costs.size());
    std::iota(order.begin(), order.end(), code_t{0});
    std::sort(order.begin(), order.end(), [&](code_t a, code_t b) {
      double const p = costs[static_cast<std::size_t>(a)], q = costs[static_cast<std::size_t>(b)];
      return p < q || (p == q && a < b);
    });
    if (candidates != 0 && order.size() > candidates) order.resize(candidates);
    code_t& last = out.ids(static_cast<index_t>(item), out.ids.cols() - 1);
    for (code_t const c : order) {
      if (taken.at(prefix, c) >= capacity) continue;
      out.added_cost += costs[static_cast<std::size_t>(c)] - costs[static_cast<std::size_t>(last)];
      last = c;
      taken.add(prefix, c);
      ++out.moved;
      return;
    }
    taken.add(prefix, last);
    ++out.unresolved;
  }
};
static_assert(CollisionResolver<relocate_nearest>);

}  // namespace sidera::inline SIDERA_ABI
