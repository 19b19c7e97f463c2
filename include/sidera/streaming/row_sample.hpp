// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <sidera/communicators/row_shares.hpp>

namespace sidera::inline SIDERA_ABI {

/// A few rows of the whole data set, in the order in which they were asked for, on every rank.
template <Scalar T>
class row_sample {
 public:
  /// `numbers` of the wanted rows, in any order, maybe repeated; the same ones on all ranks.
  explicit row_sample(std::vector<std::size_t> numbers) : numbers_(std::move(numbers)), rows_(numbers_.size()) {
    for (std::size_t k = 0; k < numbers_.size(); ++k) wanted_.push_back({numbers_[k], k});
    std::sort(wanted_.begin(), wanted_.end());
  }

  /// Keeps what is wanted of the rows `first` and following. Calls with different rows may overlap in time.
  void offer(std::size_t first, matrix<T> const& rows) {
    for (auto at = first_with(first); at != wanted_.end() && at->first < first + row_count(rows); ++at) {
      auto const row = row_span(rows, static_cast<index_t>(at->first - first));
      rows_[at->second].assign(row.begin(), row.end());
    }
  }

  /// All wanted rows, whoever has them.
  template <Communicator C>
  [[nodiscard]] matrix<T> collect(C const& ranks, row_shares const& shares, std::size_t columns) {
    if (ranks.size() > 1) exchange(ranks, shares, columns);
    matrix<T> out(static_cast<index_t>(rows_.size()), static_cast<index_t>(columns));
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      std::copy(rows_[k].begin(), rows_[k].end(), row_span(out, static_cast<index_t>(k)).begin());
      rows_[k] = {};  // never twice in memory
    }
    return out;
  }

 private:
  [[nodiscard]] auto first_with(std::size_t number) const {
    return std::lower_bound(wanted_.begin(), wanted_.end(), std::pair(number, std::size_t{0}));
  }

  template <Communicator C>
  void exchange(C const& ranks, row_shares const& shares, std::size_t columns) {
    auto const put = [&, before = shares.first(ranks.rank())](rank_message& to, std::size_t row) {
      to.put_all(std::span(rows_[first_with(before + row)->second]));
    };
    auto const take = [&](rank_message& from, std::size_t place) {
      rows_[place].resize(columns);
      from.numbers(std::span(rows_[place]));
    };
    exchange_rows(ranks, shares, numbers_, put, take);
  }

  std::vector<std::size_t> numbers_;
  std::vector<std::pair<std::size_t, std::size_t>> wanted_;  ///< number of the row, place in the sample; ascending
  std::vector<std::vector<T>> rows_;
};

}  // namespace sidera::inline SIDERA_ABI
