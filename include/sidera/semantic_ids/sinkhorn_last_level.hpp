// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>
#include <sidera/semantic_ids/collision_resolver.hpp>

namespace sidera::inline SIDERA_ABI {

/// Spreads the items of a crowded prefix evenly over its free last-level codes by entropic optimal transport (Cuturi,
/// NIPS 2013), as LC-Rec does (Zheng et al., ICDE 2024): Q = exp(-d / epsilon), rows and columns scaled in turn to
/// equal sums, where d are the costs, centred and scaled to [-1, 1].
///
/// Only items that share their ID take part; the cheapest one of each bucket stays. Each round gives every code to the
/// item that wants it most among those whose first choice it is; the others try again with the codes that are left.
/// Costs may have any finite size. Throws value_error for one that is not finite, and for an epsilon below 1e-200.
struct sinkhorn_last_level {
  double epsilon = .003;
  std::size_t iterations = 50;
  std::size_t rounds = 20;

  [[nodiscard]] collision_resolution operator()(collision_problem const& problem) const {
    if (!(epsilon >= 1e-200))
      throw value_error("sinkhorn_last_level", "epsilon is " + std::to_string(epsilon) + ", expected at least 1e-200");
    detail::require_costs(problem, "sinkhorn_last_level");
    detail::id_occupancy taken(problem, "sinkhorn_last_level");
    collision_resolution out{problem.codes, problem.words};
    for (auto const& [prefix, items] : detail::members_by_prefix(problem, taken))
      spread(problem, prefix, items, taken, out);
    return out;
  }

 private:
  using costs_of = std::map<std::size_t, std::vector<double>>;

  void spread(collision_problem const& problem, code_t prefix, std::vector<std::size_t> const& items,
              detail::id_occupancy& taken, collision_resolution& out) const {
    costs_of costs;
    std::vector<std::size_t> left = settle_cheapest(problem, prefix, items, taken, costs);
    for (std::size_t round = 0; round < rounds && !left.empty(); ++round) {
      std::vector<code_t> free;
      for (code_t c = 0; static_cast<std::size_t>(c) < problem.words.back(); ++c)
        if (taken.at(prefix, c) == 0) free.push_back(c);
      if (free.empty()) break;
      left = play_round(prefix, left, free, costs, taken, out);
    }
    out.unresolved += left.size();
    for (std::size_t const i : left) taken.add(prefix, out.ids(static_cast<index_t>(i), out.ids.cols() - 1));
  }

  /// The cheapest item of every free bucket stays; returns the others, ascending.
  [[nodiscard]] static std::vector<std::size_t> settle_cheapest(collision_problem const& problem, code_t prefix,
                                                                std::vector<std::size_t> const& items,
                                                                detail::id_occupancy& taken, costs_of& costs) {
    std::map<code_t, std::vector<std::size_t>> buckets;
    for (std::size_t const i : items)
      buckets[problem.codes(static_cast<index_t>(i), problem.codes.cols() - 1)].push_back(i);
    std::vector<std::size_t> left;
    for (auto const& [last, bucket] : buckets) {
      bool const is_free = taken.at(prefix, last) == 0;
      auto best = bucket.end();
      if (bucket.size() > 1 || !is_free)
        for (std::size_t const i : bucket) {
          costs[i].resize(problem.words.back());
          detail::fill_finite_costs(problem, i, costs[i], "sinkhorn_last_level");
        }
      if (is_free)
        best = std::min_element(bucket.begin(), bucket.end(), [&, at = static_cast<std::size_t>(last)](auto a, auto b) {
          return costs[a][at] < costs[b][at];
        });
      for (auto at = bucket.begin(); at != bucket.end(); ++at)
        if (at == best)
          taken.add(prefix, last);
        else
          left.push_back(*at);
    }
    std::sort(left.begin(), left.end());
    return left;
  }

  [[nodiscard]] std::vector<std::size_t> play_round(code_t prefix, std::vector<std::size_t> const& items,
                                                    std::vector<code_t> const& free, costs_of& costs,
                                                    detail::id_occupancy& taken, collision_resolution& out) const {
    matrix<double> plan(static_cast<index_t>(items.size()), static_cast<index_t>(free.size()));
    for (std::size_t r = 0; r < items.size(); ++r)
      for (std::size_t c = 0; c < free.size(); ++c)
        plan(static_cast<index_t>(r), static_cast<index_t>(c)) = costs[items[r]][static_cast<std::size_t>(free[c])];
    transport(plan);
    std::map<index_t, std::size_t> winner;  // of each code
    for (std::size_t r = 0; r < items.size(); ++r) {
      index_t choice = 0;
      plan.row(static_cast<index_t>(r)).maxCoeff(&choice);
      auto const [at, first] = winner.emplace(choice, r);
      if (!first && plan(static_cast<index_t>(r), choice) > plan(static_cast<index_t>(at->second), choice))
        at->second = r;
    }
    std::vector<bool> placed(items.size(), false);
    for (auto const& [choice, r] : winner) {
      code_t const code = free[static_cast<std::size_t>(choice)];
      code_t& last = out.ids(static_cast<index_t>(items[r]), out.ids.cols() - 1);
      auto const& cost = costs[items[r]];
      out.added_cost += cost[static_cast<std::size_t>(code)] - cost[static_cast<std::size_t>(last)];
      last = code;
      taken.add(prefix, code);
      ++out.moved;
      placed[r] = true;
    }
    std::vector<std::size_t> left;
    for (std::size_t r = 0; r < items.size(); ++r)
      if (!placed[r]) left.push_back(items[r]);
    return left;
  }

  /// Costs become the logarithms of the transport plan. In logarithms nothing overflows, however small epsilon is.
  void transport(matrix<double>& plan) const {
    // To numbers near 1 by a power of two, which rounds nothing: differences at the ends of the range would overflow.
    if (double const largest = plan.cwiseAbs().maxCoeff(); largest > 0)
      plan = plan.unaryExpr([power = -std::ilogb(largest)](double cost) { return std::scalbn(cost, power); });
    double const low = plan.minCoeff(), high = plan.maxCoeff(), half = (high - low) / 2;
    plan = (plan.array() - (low + half)) * (half > 0 ? -1 / (half * epsilon) : 0);
    for (std::size_t i = 0; i < iterations; ++i) {
      for (index_t c = 0; c < plan.cols(); ++c) plan.col(c).array() -= log_sum(plan.col(c));
      for (index_t r = 0; r < plan.rows(); ++r) plan.row(r).array() -= log_sum(plan.row(r));
    }
  }
  template <class Vector>
  [[nodiscard]] static double log_sum(Vector const& v) {
    double const largest = v.maxCoeff();
    return largest + std::log((v.array() - largest).exp().sum());
  }
};
static_assert(CollisionResolver<sinkhorn_last_level>);

}  // namespace sidera::inline SIDERA_ABI
