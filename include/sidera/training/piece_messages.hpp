// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the pieces of a batch tell all ranks beside their gradients.
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/rank_message.hpp>

namespace sidera::inline SIDERA_ABI {

/// The messages of all pieces of a batch, in the order of the pieces, on every rank. `own` are those of this rank: rank
/// r of n has the pieces r, r + n, ..., as in \ref shared_batches.
template <Communicator C>
[[nodiscard]] std::vector<rank_message> exchange_pieces(C const& ranks, std::vector<rank_message> own) {
  if (ranks.size() == 1) return own;
  rank_message mine;
  for (rank_message const& m : own) mine.put(m);
  std::vector<rank_message> of_rank, all;
  for (std::vector<std::byte>& bytes : ranks.gather(mine.bytes())) of_rank.emplace_back(std::move(bytes));
  for (std::size_t r = 0; !of_rank[r].ended(); r = (r + 1) % of_rank.size()) all.push_back(of_rank[r].message());
  return all;
}

}  // namespace sidera::inline SIDERA_ABI
