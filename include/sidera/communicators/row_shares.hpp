// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows that are spread over ranks: who has which, and how some of them reach everybody.
#include <algorithm>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/rank_message.hpp>

namespace sidera::inline SIDERA_ABI {

/// How many rows every rank has. Rows are numbered rank by rank; a rank may have none.
class row_shares {
 public:
  row_shares() = default;
  explicit row_shares(std::span<std::size_t const> counts) {
    for (std::size_t const n : counts) ends_.push_back(total() + n);
  }

  /// Of all ranks together.
  [[nodiscard]] std::size_t total() const noexcept { return ends_.empty() ? 0 : ends_.back(); }
  /// The number of the first row of a rank.
  [[nodiscard]] std::size_t first(std::size_t rank) const noexcept { return rank == 0 ? 0 : ends_[rank - 1]; }
  /// The rank that has a row < total().
  [[nodiscard]] std::size_t owner(std::size_t row) const noexcept {
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), row) - ends_.begin());
  }

 private:
  std::vector<std::size_t> ends_;  ///< the number behind the last row of every rank
};

/// Brings the `wanted` rows, the same ones on all ranks, from whoever has them to everybody.
///
/// `put(message, row)` writes row `row` of this rank's own; `take(message, place)` reads what its owner's `put` has
/// written for wanted[place], place after place. One gather: the bytes that were put, no row numbers. Every rank holds
/// the bytes of all wanted rows while it runs.
template <Communicator C, class Put, class Take>
void exchange_rows(C const& ranks, row_shares const& shares, std::span<std::size_t const> wanted, Put const& put,
                   Take const& take) {
  std::size_t const me = ranks.rank();
  rank_message own;
  for (std::size_t const row : wanted)
    if (shares.owner(row) == me) put(own, row - shares.first(me));
  std::vector<rank_message> of_rank;
  for (std::vector<std::byte>& bytes : ranks.gather(own.bytes())) of_rank.emplace_back(std::move(bytes));
  for (std::size_t place = 0; place < wanted.size(); ++place) take(of_rank[shares.owner(wanted[place])], place);
}

}  // namespace sidera::inline SIDERA_ABI
