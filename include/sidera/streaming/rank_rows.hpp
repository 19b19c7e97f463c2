// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/communicators/row_shares.hpp>

namespace sidera::inline SIDERA_ABI {

/// The rows of all ranks, which have equally many columns.
struct rank_rows {
  row_shares shares;
  std::size_t total = 0;
  std::size_t first = 0;    ///< number of this rank's first row
  std::size_t columns = 0;  ///< of the ranks that have rows

  /// Throws shape_error, on every rank, when two ranks with rows have different columns.
  template <Communicator C>
  [[nodiscard]] static rank_rows of(C const& c, std::size_t rows, std::size_t columns) {
    std::uint64_t const own[] = {rows, columns};
    rank_rows result;
    std::vector<std::size_t> counts;
    auto parts = c.gather(std::as_bytes(std::span(own)));
    for (std::size_t r = 0; r < parts.size(); ++r) {
      std::uint64_t part[2];
      rank_message(std::move(parts[r])).numbers(std::span(part));
      counts.push_back(part[0]);
      if (counts.back() == 0) continue;
      if (result.columns != 0 && result.columns != part[1])
        throw shape_error("fit_stream", "rank " + std::to_string(r) + " has " + std::to_string(part[1]) +
                                            " columns, the ones before have " + std::to_string(result.columns));
      result.columns = part[1];
    }
    result.shares = row_shares(counts);
    result.total = result.shares.total();
    result.first = result.shares.first(c.rank());
    return result;
  }
};

}  // namespace sidera::inline SIDERA_ABI
