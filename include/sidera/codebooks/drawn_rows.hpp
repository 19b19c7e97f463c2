// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <iterator>
#include <sidera/core/order_free_sum.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/rank_message.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The rows that a round of \ref kmeans_parallel draws, found while their chances are not known yet: row n with
/// distance d is drawn when u_n total < expected d, and the total is that of all rows.
///
/// What is kept is all that may still be drawn, judging by the total so far. The result does not depend on the order of
/// the rows nor on the split.
template <Scalar T>
class drawn_rows {
 public:
  /// About `expected` rows of `columns` columns are drawn by the numbers of `random`.
  drawn_rows(double expected, std::size_t columns, random_stream random)
      : expected_(expected), columns_(columns), random_(random) {}

  /// Row `number` of the data set is `distance` away from the candidates so far.
  void offer(std::uint64_t number, double distance, std::span<T const> row) {
    total_.add(distance);
    least_total_ += distance;
    if (!may_be_drawn(number, distance)) return;
    found_.push_back({number, distance, {row.begin(), row.end()}});
    if (found_.size() < crowd_) return;
    std::erase_if(found_, [&](entry const& e) { return !may_be_drawn(e.number, e.distance); });
    crowd_ = std::max(crowd_, 2 * found_.size());
  }

  void merge(drawn_rows&& other) {
    total_.merge(other.total_);
    least_total_ += other.least_total_;  // other rows
    std::move(other.found_.begin(), other.found_.end(), std::back_inserter(found_));
  }

  [[nodiscard]] double total() const noexcept { return total_.value(); }
  /// The rows that are drawn, by number, once all rows of all ranks have been offered.
  [[nodiscard]] matrix<T> rows() {
    double const all = total();
    std::erase_if(found_, [&](entry const& e) { return !(random_.uniform(e.number) * all < expected_ * e.distance); });
    std::sort(found_.begin(), found_.end(), [](entry const& a, entry const& b) { return a.number < b.number; });
    matrix<T> out(static_cast<index_t>(found_.size()), static_cast<index_t>(columns_));
    for (std::size_t i = 0; i < found_.size(); ++i)
      std::copy(found_[i].row.begin(), found_[i].row.end(), row_span(out, static_cast<index_t>(i)).begin());
    return out;
  }

  /// For other ranks: the total, then number, distance and values of every row.
  [[nodiscard]] rank_message message() const {
    std::array<std::int64_t, order_free_sum::integer_count> integers;
    total_.integers(integers);
    rank_message out;
    out.put_all(std::span(integers));
    for (entry const& e : found_) {
      if (!may_be_drawn(e.number, e.distance)) continue;
      out.put(e.number);
      out.put(e.distance);
      out.put_all(std::span(e.row));
    }
    return out;
  }
  void merge(rank_message from) {
    std::array<std::int64_t, order_free_sum::integer_count> integers;
    from.numbers(std::span(integers));
    drawn_rows other(expected_, columns_, random_);
    other.total_.set_integers(integers);
    while (!from.ended()) {
      entry e{from.number(), 0, std::vector<T>(columns_)};
      e.distance = from.number<double>();
      from.numbers(std::span(e.row));
      other.found_.push_back(std::move(e));
    }
    merge(std::move(other));
  }

 private:
  struct entry {
    std::uint64_t number;
    double distance;
    std::vector<T> row;
  };

  [[nodiscard]] bool may_be_drawn(std::uint64_t number, double distance) const noexcept {
    constexpr double slack = 1 - 0x1p-20;  // far more than what rounding makes of `least_total_`
    return random_.uniform(number) * least_total_ * slack < expected_ * distance;
  }

  double expected_;
  std::size_t columns_;
  random_stream random_;
  order_free_sum total_;
  double least_total_ = 0;  ///< of the rows of this part
  std::size_t crowd_ = 1024;
  std::vector<entry> found_;
};

}  // namespace sidera::inline SIDERA_ABI
