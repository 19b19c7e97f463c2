// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <sidera/core/config.hpp>
#include <span>
#include <vector>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Places items in buckets of limited room so that the sum of their costs is as small as it can be, and tells which
/// bucket each one got: minimum-cost flow by successive shortest paths. Each item is placed in turn; on its way in, it
/// may push others from bucket to bucket. Costs are whole numbers, so that sums are exact and no cycle of pushes can
/// seem to gain by rounding; among equals the lower bucket, then the item placed first, wins. O(n (n + m) m) for n
/// items and m buckets in the usual case.
class bucket_matching {
 public:
  explicit bucket_matching(std::vector<std::size_t> room)
      : room_(std::move(room)), members_(room_.size()), cheapest_(room_.size() * room_.size()) {}

  /// Places one more item with one cost per bucket; there is room somewhere.
  void place(std::vector<std::int64_t> costs) {
    std::size_t const item = costs_.size();
    costs_.push_back(std::move(costs));
    bucket_.push_back(none);
    find_paths(item);
    std::size_t to = none;
    for (std::size_t b = 0; b < room_.size(); ++b)
      if (members_[b].size() < room_[b] && (to == none || distance_[b] < distance_[to])) to = b;
    while (from_[to] != none) {
      std::size_t const pushed = cheapest_[from_[to] * room_.size() + to].item, source = from_[to];
      move(pushed, to);
      to = source;
    }
    move(item, to);
  }

  [[nodiscard]] std::vector<std::size_t> const& buckets() const noexcept { return bucket_; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The cheapest move from one bucket to another.
  struct push {
    std::int64_t cost = 0;
    std::size_t item = none;
  };

  /// Bellman and Ford: the cheapest way for `item` into each bucket, over the buckets it pushes others out of.
  void find_paths(std::size_t item) {
    std::size_t const count = room_.size();
    distance_ = costs_[item];
    from_.assign(count, none);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t a = 0; a < count; ++a) {
        if (members_[a].empty() || members_[a].size() < room_[a]) continue;  // nobody has to leave
        for (std::size_t b = 0; b < count; ++b) {
          std::int64_t const d = distance_[a] + cheapest_[a * count + b].cost;
          if (a == b || d >= distance_[b]) continue;
          distance_[b] = d, from_[b] = a;
          changed = true;
        }
      }
    }
  }

  void move(std::size_t item, std::size_t to) {
    std::size_t const source = bucket_[item];
    bucket_[item] = to;
    members_[to].push_back(item);
    refresh(to);
    if (source == none) return;
    std::erase(members_[source], item);
    refresh(source);
  }

  void refresh(std::size_t a) {
    std::size_t const count = room_.size();
    for (std::size_t b = 0; b < count; ++b) {
      push& best = cheapest_[a * count + b];
      best = {};
      for (std::size_t const i : members_[a])
        if (std::int64_t const c = costs_[i][b] - costs_[i][a];
            best.item == none || c < best.cost || (c == best.cost && i < best.item))
          best = {c, i};
    }
  }

  std::vector<std::size_t> room_;
  std::vector<std::vector<std::size_t>> members_;  ///< of each bucket
  std::vector<push> cheapest_;                     ///< [a * buckets + b]
  std::vector<std::vector<std::int64_t>> costs_;   ///< of each item
  std::vector<std::size_t> bucket_;                ///< of each item
  std::vector<std::int64_t> distance_;
  std::vector<std::size_t> from_;
};

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
