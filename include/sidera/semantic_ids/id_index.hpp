// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <numeric>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// From IDs back to items: who has this ID, who has an ID that starts like this.
///
/// Items are kept in the order of their IDs, then of their numbers, so every look-up is a binary search and its result
/// a contiguous, sorted part. Items without an ID (a code is missing) are not in the index.
class id_index {
 public:
  /// `ids` has one row per item; it is copied.
  explicit id_index(code_matrix ids) : ids_(std::move(ids)) {
    for (index_t i = 0; i < ids_.rows(); ++i) {
      auto const id = row_span(ids_, i);
      if (std::none_of(id.begin(), id.end(), [](code_t c) { return c < 0; })) items_.push_back(i);
    }
    std::sort(items_.begin(), items_.end(), [&](index_t a, index_t b) {
      auto const p = row_span(ids_, a), q = row_span(ids_, b);
      auto const [at, other] = std::mismatch(p.begin(), p.end(), q.begin());
      return at == p.end() ? a < b : *at < *other;
    });
  }

  /// The items whose ID begins with `prefix`: the whole ID for its bucket, an empty prefix for all. Within one ID items
  /// ascend. Valid as long as the index. Throws shape_error for a prefix longer than an ID.
  [[nodiscard]] std::span<index_t const> find(std::span<code_t const> prefix) const {
    if (prefix.size() > column_count(ids_))
      throw shape_error("id_index::find", "prefix has " + std::to_string(prefix.size()) + " codes, IDs have " +
                                              std::to_string(ids_.cols()));
    auto const head = [&](index_t item) { return row_span(ids_, item).first(prefix.size()); };
    auto const first = std::lower_bound(items_.begin(), items_.end(), prefix, [&](index_t item, auto const& p) {
      return std::lexicographical_compare(head(item).begin(), head(item).end(), p.begin(), p.end());
    });
    auto const last = std::upper_bound(first, items_.end(), prefix, [&](auto const& p, index_t item) {
      return std::lexicographical_compare(p.begin(), p.end(), head(item).begin(), head(item).end());
    });
    return {items_.data() + (first - items_.begin()), static_cast<std::size_t>(last - first)};
  }

  /// Items that have an ID, in the order of their IDs.
  [[nodiscard]] std::span<index_t const> items() const noexcept { return items_; }
  [[nodiscard]] code_matrix const& ids() const noexcept { return ids_; }

 private:
  code_matrix ids_;
  std::vector<index_t> items_;
};

}  // namespace sidera::inline SIDERA_ABI
