// SPDX-License-Identifier: MIT
#pragma once
/// \file  How many items share a semantic ID.
#include <algorithm>
#include <cmath>
#include <sidera/core/check.hpp>
#include <sidera/evaluation/prefixes.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a set of semantic IDs looks like from the side of those who use them as names. N is the number of items that
/// have an ID; a bucket is the set of items with one ID. Everything is 0 for no items.
struct collision_report {
  std::size_t items = 0;                     ///< N
  std::size_t skipped = 0;                   ///< items without an ID: one of their codes is missing
  std::size_t distinct = 0;                  ///< IDs in use, the number of buckets
  std::size_t alone = 0;                     ///< items that share their ID with nobody
  std::size_t largest_bucket = 0;            ///< items of the most frequent ID
  double unique_ratio = 0;                   ///< distinct / N
  double collision_rate = 0;                 ///< (N - distinct) / N
  double no_collision_rate = 0;              ///< alone / N
  double gini = 0;                           ///< of the bucket sizes, over the IDs in use
  double entropy_ratio = 0;                  ///< entropy of the IDs / ln N: 1 if all are unique; 1 for one item
  std::vector<std::size_t> buckets_of_size;  ///< [s]: buckets with s items, s = 0 .. largest_bucket
};

/// Reports on IDs, one row of codes per item.
[[nodiscard]] inline collision_report report_collisions(code_matrix_cref const& ids) {
  collision_report out;
  std::vector<std::int64_t> sizes;
  for (code_t const g : prefix_groups(ids, column_count(ids))) {
    if (g < 0) {
      ++out.skipped;
      continue;
    }
    if (static_cast<std::size_t>(g) >= sizes.size()) sizes.resize(static_cast<std::size_t>(g) + 1, 0);
    ++sizes[static_cast<std::size_t>(g)];
    ++out.items;
  }
  if (out.items == 0) return out;
  out.distinct = sizes.size();
  out.largest_bucket = static_cast<std::size_t>(*std::max_element(sizes.begin(), sizes.end()));
  out.buckets_of_size.assign(out.largest_bucket + 1, 0);
  for (std::int64_t const s : sizes) ++out.buckets_of_size[static_cast<std::size_t>(s)];
  out.alone = out.buckets_of_size[1];
  double const n = static_cast<double>(out.items);
  out.unique_ratio = static_cast<double>(out.distinct) / n;
  out.collision_rate = static_cast<double>(out.items - out.distinct) / n;
  out.no_collision_rate = static_cast<double>(out.alone) / n;
  out.entropy_ratio = out.items > 1 ? count_entropy(sizes) / std::log(n) : 1;
  out.gini = gini_index(std::move(sizes));
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
