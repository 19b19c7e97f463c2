// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows that are spread over ranks: who has which, and how some of them reach everybody.
#include <algorithm>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/rank_message.hpp>

namespace sidera::inline SIDERA_ABI {

/// The rows of all ranks, numbered rank by rank.
struct rank_rows {
  std::size_t total = 0;
  std::size_t first = 0;    ///< number of this rank's first row
  std::size_t columns = 0;  ///< of the ranks that have rows

  /// Throws shape_error, on every rank, when two ranks with rows have different columns.
  template <Communicator C>
  [[nodiscard]] static rank_rows of(C const& c, std::size_t rows, std::size_t columns) {
    std::uint64_t const own[] = {rows, columns};
    rank_rows result;
    auto parts = c.gather(std::as_bytes(std::span(own)));
    for (std::size_t r = 0; r < parts.size(); ++r) {
      std::uint64_t part[2];
      rank_message(std::move(parts[r])).numbers(std::span(part));
      if (r < c.rank()) result.first += part[0];
      result.total += part[0];
      if (part[0] == 0) continue;
      if (result.columns != 0 && result.columns != part[1])
        throw shape_error("fit_stream", "rank " + std::to_string(r) + " has " + std::to_string(part[1]) +
                                            " columns, the ones before have " + std::to_string(result.columns));
      result.columns = part[1];
    }
    return result;
  }
};

/// A few rows of the whole data set, in the order in which they were asked for, on every rank.
template <Scalar T>
class row_sample {
 public:
  /// `numbers` of the wanted rows, in any order, maybe repeated.
  explicit row_sample(std::vector<std::size_t> const& numbers) : rows_(numbers.size()) {
    for (std::size_t k = 0; k < numbers.size(); ++k) wanted_.push_back({numbers[k], k});
    std::sort(wanted_.begin(), wanted_.end());
  }

  /// Keeps what is wanted of the rows `first` and following. Calls with different rows may overlap in time.
  void offer(std::size_t first, matrix<T> const& rows) {
    auto at = std::lower_bound(wanted_.begin(), wanted_.end(), std::pair(first, std::size_t{0}));
    for (; at != wanted_.end() && at->first < first + row_count(rows); ++at) {
      auto const row = row_span(rows, static_cast<index_t>(at->first - first));
      rows_[at->second].assign(row.begin(), row.end());
    }
  }

  /// All wanted rows, whoever has them.
  template <Communicator C>
  [[nodiscard]] matrix<T> collect(C const& c, std::size_t columns) {
    if (c.size() > 1) exchange(c, columns);
    matrix<T> out(static_cast<index_t>(rows_.size()), static_cast<index_t>(columns));
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      std::copy(rows_[k].begin(), rows_[k].end(), row_span(out, static_cast<index_t>(k)).begin());
      rows_[k] = {};  // never twice in memory
    }
    return out;
  }

 private:
  template <Communicator C>
  void exchange(C const& c, std::size_t columns) {
    rank_message own;
    for (std::uint64_t k = 0; k < rows_.size(); ++k) {
      if (rows_[k].empty()) continue;
      own.put(k);
      own.put_all(std::span(rows_[k]));
    }
    for (std::vector<std::byte>& part : c.gather(own.bytes()))
      for (rank_message theirs(std::move(part)); !theirs.ended();) {
        auto& row = rows_[theirs.number()];
        row.resize(columns);
        theirs.numbers(std::span(row));
      }
  }

  std::vector<std::pair<std::size_t, std::size_t>> wanted_;  ///< number of the row, place in the sample
  std::vector<std::vector<T>> rows_;
};

}  // namespace sidera::inline SIDERA_ABI
