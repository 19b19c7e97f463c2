// SPDX-License-Identifier: MIT
#pragma once
/// \file  What gives items IDs of their own: the problem, its solution, and the concept of a policy that solves it.
#include <functional>
#include <map>
#include <sidera/evaluation/prefixes.hpp>

namespace sidera::inline SIDERA_ABI {

/// Writes what it costs to give item `item` (a row of the new items) each code of the last level: out[c], usually the
/// squared distance of its last residual to word c.
using last_level_costs = std::function<void(std::size_t item, std::span<double> out)>;

/// Writes what it costs to give item `item` each code of the level behind `prefix`, the codes it has so far: out[c],
/// usually the squared distance to what prefix and code decode to.
using level_costs = std::function<void(std::size_t item, std::span<code_t const> prefix, std::span<double> out)>;

/// New items that want IDs, beside published ones that must not move.
struct collision_problem {
  code_matrix_cref codes;          ///< N x L, what the quantizer says; rows with a missing code stay as they are
  std::vector<std::size_t> words;  ///< per level
  last_level_costs costs = {};     ///< for resolvers that give items other last codes
  code_matrix published = code_matrix(0, 0);  ///< IDs that are taken, with as many columns as the resolver returns
  level_costs costs_by_prefix = {};           ///< for resolvers that give items other codes of any level
};

/// IDs for the new items.
struct collision_resolution {
  code_matrix ids;
  std::vector<std::size_t> words;  ///< per level of `ids`
  std::size_t moved = 0;           ///< items with another code than the quantizer's
  std::size_t unresolved = 0;      ///< items that still share their ID beyond what is allowed
  double added_cost = 0;           ///< by the moves, in the unit of `costs`
};

namespace detail {

/// How many items have each ID: a prefix of L - 1 codes, numbered, and a last code. The problem has been checked.
class id_occupancy {
 public:
  id_occupancy(collision_problem const& problem, std::string_view function) {
    auto const& p = problem.published;
    if (p.rows() > 0) require_columns(p, column_count(problem.codes), function, "published");
    code_matrix all(p.rows() + problem.codes.rows(), problem.codes.cols());
    if (p.rows() > 0) all.topRows(p.rows()) = p;
    all.bottomRows(problem.codes.rows()) = problem.codes;
    auto const groups = prefix_groups(all, column_count(all) - 1);
    prefix_.assign(groups.begin() + p.rows(), groups.end());
    for (index_t i = 0; i < p.rows(); ++i) add(groups[static_cast<std::size_t>(i)], p(i, p.cols() - 1));
  }

  /// The number of the prefix of a new item; negative if one of its codes is missing.
  [[nodiscard]] code_t prefix(std::size_t item) const { return prefix_[item]; }
  [[nodiscard]] std::size_t at(code_t prefix, code_t last) const {
    auto const found = count_.find({prefix, last});
    return found == count_.end() ? 0 : found->second;
  }
  void add(code_t prefix, code_t last) {
    if (prefix >= 0 && last >= 0) ++count_[{prefix, last}];
  }

 private:
  std::vector<code_t> prefix_;
  std::map<std::pair<code_t, code_t>, std::size_t> count_;
};

/// The cost of each last-level code for one item, checked.
inline void fill_costs(collision_problem const& problem, std::size_t item, std::span<double> out,
                       std::string_view function) {
  problem.costs(item, out);
  for (double const c : out)
    if (std::isnan(c)) throw value_error(function, "item " + std::to_string(item) + " has a cost that is a NaN", item);
}

/// For resolvers that add costs up.
inline void fill_finite_costs(collision_problem const& problem, std::size_t item, std::span<double> out,
                              std::string_view function) {
  fill_costs(problem, item, out, function);
  if (!all_finite(std::span<double const>(out)))
    throw value_error(function, "item " + std::to_string(item) + " has a cost that is infinite", item);
}

inline void require_costs(collision_problem const& problem, std::string_view function) {
  if (problem.codes.cols() == 0) throw shape_error(function, "codes have no level");
  if (problem.words.size() != column_count(problem.codes))
    throw shape_error(function, "codes have " + std::to_string(problem.codes.cols()) + " levels, words has " +
                                    std::to_string(problem.words.size()));
  if (!problem.costs) throw value_error(function, "costs are missing");
  for (index_t i = 0; i < problem.codes.rows(); ++i)
    if (code_t const last = problem.codes(i, problem.codes.cols() - 1);
        last >= 0 && static_cast<std::size_t>(last) >= problem.words.back())
      throw value_error(function, "row " + std::to_string(i) + " has a last code without a word",
                        static_cast<std::size_t>(i));
}

/// The new items of one prefix.
struct prefix_members {
  code_t prefix;
  std::vector<std::size_t> items;  ///< ascending
};

[[nodiscard]] inline std::vector<prefix_members> members_by_prefix(collision_problem const& problem,
                                                                   id_occupancy const& taken) {
  std::map<code_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < row_count(problem.codes); ++i)
    if (taken.prefix(i) >= 0 && problem.codes(static_cast<index_t>(i), problem.codes.cols() - 1) >= 0)
      members[taken.prefix(i)].push_back(i);
  std::vector<prefix_members> out;
  for (auto& [prefix, items] : members) out.push_back({prefix, std::move(items)});
  return out;
}

}  // namespace detail

/// Gives items IDs of their own.
///
/// Syntax:    `resolver(problem)` -> collision_resolution
/// Semantics: a function of the problem alone; no ID of the result is in `published`, but for items counted as
///            unresolved; published IDs are not touched; all codes but the last of the quantizer's are kept, unless the
///            model says otherwise.
/// Models:    \ref extra_digit, \ref relocate_nearest, \ref sinkhorn_last_level, \ref capacity_per_bucket,
///            \ref balanced_levels.
template <class R>
concept CollisionResolver = std::copyable<R> && requires(R const& resolver, collision_problem const& problem) {
  { resolver(problem) } -> std::same_as<collision_resolution>;
};

}  // namespace sidera::inline SIDERA_ABI
