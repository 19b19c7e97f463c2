// SPDX-License-Identifier: MIT
/// \file  What the pieces of a batch tell all ranks.
#include <doctest/doctest.h>

#include <sidera/communicators/serial.hpp>
#include <sidera/communicators/threads.hpp>
#include <sidera/training/equal_on_ranks.hpp>
#include <sidera/training/piece_messages.hpp>

using namespace sidera;

TEST_CASE("exchange_pieces: all pieces in their order on every rank, also with ranks that have none") {
  for (std::size_t const pieces : std::vector<std::size_t>{0, 1, 3, 7})
    for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
      CAPTURE(pieces);
      CAPTURE(ranks);
      run_ranks(ranks, [&](thread_communicator const& c) {
        std::vector<rank_message> own;
        for (std::size_t p = c.rank(); p < pieces; p += ranks) {
          own.emplace_back();
          own.back().put(std::uint64_t{100 + p});
          for (std::size_t i = 0; i < p; ++i) own.back().put(std::uint64_t{i});  // of different lengths
        }
        auto all = exchange_pieces(c, std::move(own));
        CHECK(all.size() == pieces);
        for (std::size_t p = 0; p < all.size(); ++p) {
          CHECK(all[p].number() == 100 + p);
          CHECK(all[p].bytes().size() == 8 * (1 + p));
        }
      });
    }
}

TEST_CASE("require_equal_on_ranks: the first rank that differs is named, on every rank") {
  run_ranks(3, [](thread_communicator const& c) {
    std::vector<std::byte> const same(5, std::byte{1}), other(5, std::byte{static_cast<unsigned char>(c.rank() / 2)});
    require_equal_on_ranks(c, same, "fit", "rows");
    CHECK_THROWS_WITH_AS(require_equal_on_ranks(c, other, "fit", "rows"), "fit: rank 2 has other rows than rank 0",
                         value_error);
    std::vector<std::byte> const longer(5 + c.rank());
    CHECK_THROWS_WITH_AS(require_equal_on_ranks(c, longer, "fit", "rows"), "fit: rank 1 has other rows than rank 0",
                         value_error);
  });
}
