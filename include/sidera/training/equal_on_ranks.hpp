// SPDX-License-Identifier: MIT
#pragma once
#include <cstring>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/error.hpp>
#include <sidera/io/crc32.hpp>

namespace sidera::inline SIDERA_ABI {

/// Throws value_error, on every rank, unless all ranks have brought the same bytes: `what` names them. Otherwise ranks
/// that were given different things would drift apart without a word.
template <Communicator C>
void require_equal_on_ranks(C const& ranks, byte_span bytes, std::string_view function, std::string_view what) {
  if (ranks.size() == 1) return;
  std::uint64_t const own[] = {bytes.size(), crc32::of(bytes)};
  auto const all = ranks.gather(std::as_bytes(std::span(own)));
  for (std::size_t r = 1; r < all.size(); ++r)
    if (all[r] != all[0])
      throw value_error(function, "rank " + std::to_string(r) + " has other " + std::string(what) + " than rank 0");
}

}  // namespace sidera::inline SIDERA_ABI
