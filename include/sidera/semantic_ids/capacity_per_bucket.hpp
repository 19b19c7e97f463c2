// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/semantic_ids/bucket_matching.hpp>
#include <sidera/semantic_ids/collision_resolver.hpp>

namespace sidera::inline SIDERA_ABI {

/// At most `capacity` items per ID, at the smallest sum of costs that last codes can give: under every prefix with an
/// ID that too many share, all new items are placed anew by minimum-cost flow. An item that has its ID for itself may
/// move too where that saves others more. \ref relocate_nearest moves item after item, faster and never cheaper.
///
/// Where a prefix has more items than room, as few as possible are left over; they keep the quantizer's code and are
/// counted as unresolved. Costs are compared in steps of 2^-32 of their range under a prefix; among equals the lower
/// code. Takes one call of `costs` per item of such a prefix, which must be finite.
struct capacity_per_bucket {
  std::size_t capacity = 1;

  [[nodiscard]] collision_resolution operator()(collision_problem const& problem) const {
    if (capacity == 0) throw value_error("capacity_per_bucket", "capacity is 0");
    detail::require_costs(problem, "capacity_per_bucket");
    detail::id_occupancy const taken(problem, "capacity_per_bucket");
    collision_resolution out{problem.codes, problem.words};
    for (auto const& members : detail::members_by_prefix(problem, taken))
      if (is_crowded(problem, members, taken)) place(problem, members, taken, out);
    return out;
  }

 private:
  [[nodiscard]] static code_t last_code(collision_problem const& problem, std::size_t item) {
    return problem.codes(static_cast<index_t>(item), problem.codes.cols() - 1);
  }

  [[nodiscard]] bool is_crowded(collision_problem const& problem, detail::prefix_members const& members,
                                detail::id_occupancy const& taken) const {
    std::map<code_t, std::size_t> count;
    for (std::size_t const i : members.items)
      if (code_t const c = last_code(problem, i); ++count[c] + taken.at(members.prefix, c) > capacity) return true;
    return false;
  }

  void place(collision_problem const& problem, detail::prefix_members const& members, detail::id_occupancy const& taken,
             collision_resolution& out) const {
    std::size_t const words = problem.words.back();
    std::vector<std::size_t> room(words + 1, members.items.size());  // the last one: left over
    for (std::size_t c = 0; c < words; ++c) {
      std::size_t const used = taken.at(members.prefix, static_cast<code_t>(c));
      room[c] = used < capacity ? capacity - used : 0;
    }
    matrix<double> const costs = all_costs(problem, members);
    auto const buckets = match(costs, std::move(room));
    for (std::size_t k = 0; k < buckets.size(); ++k) {
      code_t& last = out.ids(static_cast<index_t>(members.items[k]), out.ids.cols() - 1);
      auto const code = static_cast<code_t>(buckets[k]);
      if (buckets[k] == words) {
        ++out.unresolved;
      } else if (code != last) {
        out.added_cost += costs(static_cast<index_t>(k), code) - costs(static_cast<index_t>(k), last);
        last = code;
        ++out.moved;
      }
    }
  }

  [[nodiscard]] static matrix<double> all_costs(collision_problem const& problem,
                                                detail::prefix_members const& members) {
    matrix<double> costs(static_cast<index_t>(members.items.size()), static_cast<index_t>(problem.words.back()));
    for (index_t k = 0; k < costs.rows(); ++k) {
      std::size_t const item = members.items[static_cast<std::size_t>(k)];
      detail::fill_finite_costs(problem, item, row_span(costs, k), "capacity_per_bucket");
    }
    return costs;
  }

  /// The bucket of each row; to be left over is dearer than any way that others could make room.
  [[nodiscard]] static std::vector<std::size_t> match(matrix<double> const& costs, std::vector<std::size_t> room) {
    double const low = costs.minCoeff() / 2, range = costs.maxCoeff() / 2 - low;  // halves: no difference overflows
    auto const step = [&](double cost) { return range > 0 ? std::llround((cost / 2 - low) / range * 0x1p32) : 0; };
    std::int64_t const left_over = (std::int64_t{1} << 33) * (costs.rows() + 1);
    detail::bucket_matching matching(std::move(room));
    for (index_t k = 0; k < costs.rows(); ++k) {
      std::vector<std::int64_t> whole;
      for (index_t c = 0; c < costs.cols(); ++c) whole.push_back(step(costs(k, c)));
      whole.push_back(left_over);
      matching.place(std::move(whole));
    }
    return matching.buckets();
  }
};
static_assert(CollisionResolver<capacity_per_bucket>);

}  // namespace sidera::inline SIDERA_ABI
