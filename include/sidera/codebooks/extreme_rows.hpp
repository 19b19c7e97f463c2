// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rows that a dead-code policy looks at, found in one pass over data that need not be in memory.
#include <algorithm>
#include <sidera/codebooks/dead_codes.hpp>
#include <sidera/core/rank_message.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The `most` rows that are farthest from their words, and the farthest row of every word; of equals the lowest
/// numbers.
///
/// The order is total (distance, then number), so the result does not depend on the split of the rows nor on the order
/// of merges. A policy that `sees_extremes_only` does the same with these rows as with all of them.
template <Scalar T>
class extreme_rows {
 public:
  extreme_rows(std::size_t words, std::size_t most) : most_(most), of_word_(words) {}

  /// Row `number` of the data set has `code` and lies `distance` from its word.
  void offer(std::span<T const> row, code_t code, double distance, std::uint64_t number) {
    offer(entry{distance, number, code, {}}, row);
  }

  void merge(extreme_rows const& other) {
    for (entry const& e : other.farthest_) offer(e, e.row);
    for (entry const& e : other.of_word_)
      if (e.code >= 0) offer(e, e.row);
  }

  /// The rows, in the order of their numbers.
  struct view {
    matrix<T> x;
    std::vector<code_t> codes;
    std::vector<double> distances;
  };
  [[nodiscard]] view rows(std::size_t columns) const {
    auto const chosen = all();
    view v{matrix<T>(static_cast<index_t>(chosen.size()), static_cast<index_t>(columns)), {}, {}};
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      std::copy(chosen[i].row.begin(), chosen[i].row.end(), row_span(v.x, static_cast<index_t>(i)).begin());
      v.codes.push_back(chosen[i].code);
      v.distances.push_back(chosen[i].distance);
    }
    return v;
  }

  /// For another rank: distance, number, code and `columns` values of every row.
  [[nodiscard]] rank_message message() const {
    rank_message out;
    for (entry const& e : all()) {
      out.put(e.distance);
      out.put(e.number);
      out.put(e.code);
      out.put_all(std::span(e.row));
    }
    return out;
  }
  void merge(rank_message from, std::size_t columns) {
    std::vector<T> row(columns);
    while (!from.ended()) {
      entry e;
      e.distance = from.number<double>();
      e.number = from.number();
      e.code = from.number<code_t>();
      from.numbers(std::span(row));
      offer(std::move(e), row);
    }
  }

 private:
  struct entry {
    double distance = 0;
    std::uint64_t number = 0;
    code_t code = no_code;
    std::vector<T> row;
  };
  /// True when a comes first.
  [[nodiscard]] static bool before(entry const& a, entry const& b) noexcept {
    return a.distance > b.distance || (a.distance == b.distance && a.number < b.number);
  }

  void offer(entry e, std::span<T const> row) {
    entry& own = of_word_[static_cast<std::size_t>(e.code)];
    if (own.code < 0 || before(e, own)) {
      e.row.assign(row.begin(), row.end());
      own = e;
    }
    if (most_ == 0 || (farthest_.size() == most_ && !before(e, farthest_.front()))) return;
    if (std::any_of(farthest_.begin(), farthest_.end(), [&](entry const& f) { return f.number == e.number; })) return;
    if (farthest_.size() == most_) {
      std::pop_heap(farthest_.begin(), farthest_.end(), before);
      farthest_.pop_back();
    }
    e.row.assign(row.begin(), row.end());
    farthest_.push_back(std::move(e));
    std::push_heap(farthest_.begin(), farthest_.end(), before);  // the front is the nearest of them
  }

  /// Every row once, ordered by number.
  [[nodiscard]] std::vector<entry> all() const {
    std::vector<entry> chosen = farthest_;
    for (entry const& e : of_word_)
      if (e.code >= 0) chosen.push_back(e);
    std::sort(chosen.begin(), chosen.end(), [](entry const& a, entry const& b) { return a.number < b.number; });
    auto const same = [](entry const& a, entry const& b) { return a.number == b.number; };
    chosen.erase(std::unique(chosen.begin(), chosen.end(), same), chosen.end());
    return chosen;
  }

  std::size_t most_;
  std::vector<entry> farthest_;  ///< a heap
  std::vector<entry> of_word_;   ///< code -1: none yet
};

}  // namespace sidera::inline SIDERA_ABI
