// SPDX-License-Identifier: MIT
#pragma once
/// \file  Codes as nested cells: rows that share their first l codes.
#include <numeric>
#include <sidera/evaluation/partition_agreement.hpp>
#include <sidera/evaluation/usage_statistics.hpp>

namespace sidera::inline SIDERA_ABI {

/// Numbers the distinct tuples of the first `length` codes in lexicographic order: group[i] is the number of row i's
/// tuple, no_code if one of its codes is missing. `length` = 0 puts all rows in group 0.
[[nodiscard]] inline std::vector<code_t> prefix_groups(code_matrix_cref const& codes, std::size_t length) {
  if (length > column_count(codes))
    throw shape_error("prefix_groups", "codes is " + shape_text(codes) + ", a prefix of " + std::to_string(length) +
                                           " codes is asked for");
  auto const prefix = [&](std::size_t i) { return row_span(codes, static_cast<index_t>(i)).first(length); };
  auto const compare = [&](std::size_t a, std::size_t b) {
    auto const p = prefix(a), q = prefix(b);
    return std::lexicographical_compare(p.begin(), p.end(), q.begin(), q.end());
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < row_count(codes); ++i) {
    auto const p = prefix(i);
    if (std::none_of(p.begin(), p.end(), [](code_t c) { return c < 0; })) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), compare);
  std::vector<code_t> group(row_count(codes), no_code);
  code_t current = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k > 0 && compare(order[k - 1], order[k])) ++current;
    group[order[k]] = current;
  }
  return group;
}

/// For each l = 1 .. L the share of rows whose label is the most frequent one among the rows with the same first l
/// codes.
///
/// It never falls with l, and is 1 when every tuple is unique: read it beside the number of distinct tuples.
[[nodiscard]] inline std::vector<double> prefix_purity(code_matrix_cref const& codes, std::span<code_t const> labels) {
  std::vector<double> out;
  for (std::size_t l = 1; l <= column_count(codes); ++l) out.push_back(purity(labels, prefix_groups(codes, l)));
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
