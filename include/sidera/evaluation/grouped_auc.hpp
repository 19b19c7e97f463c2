// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/evaluation/binary_scores.hpp>

namespace sidera::inline SIDERA_ABI {

/// GAUC with what it could not use.
struct grouped_auc_result {
  double auc = 0;             ///< sum over groups of rows * AUC / sum of rows
  std::size_t groups = 0;     ///< that have ones and zeros
  std::size_t one_sided = 0;  ///< groups with only ones or only zeros: they have no AUC and are left out
};

/// The AUC within each group (a user), averaged with the number of its rows as weight (Zhu et al., KDD 2017).
///
/// Throws shape_error for different lengths, value_error if no group has ones and zeros.
[[nodiscard]] inline grouped_auc_result grouped_auc(std::span<code_t const> target, std::span<double const> scores,
                                                    std::span<code_t const> group) {
  static_cast<void>(detail::count_ones(target, scores, "grouped_auc"));
  if (group.size() != target.size())
    throw shape_error("grouped_auc", "group has " + std::to_string(group.size()) + " rows, target has " +
                                         std::to_string(target.size()));
  std::vector<std::size_t> order(group.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return group[a] < group[b] || (group[a] == group[b] && a < b); });
  grouped_auc_result out;
  double sum = 0, rows = 0;
  std::vector<code_t> member_target;
  std::vector<double> member_score;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    member_target.clear();
    member_score.clear();
    for (; end < order.size() && group[order[end]] == group[order[begin]]; ++end) {
      member_target.push_back(target[order[end]]);
      member_score.push_back(scores[order[end]]);
    }
    auto const ones = static_cast<std::size_t>(std::count(member_target.begin(), member_target.end(), 1));
    if (ones == 0 || ones == member_target.size()) {
      ++out.one_sided;
      continue;
    }
    double const weight = static_cast<double>(member_target.size());
    sum += weight * roc_auc(member_target, member_score);
    rows += weight;
    ++out.groups;
  }
  if (out.groups == 0) throw value_error("grouped_auc", "no group has both ones and zeros");
  out.auc = sum / rows;
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
