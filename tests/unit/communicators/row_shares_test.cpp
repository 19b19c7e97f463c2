// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/communicators/row_shares.hpp>
#include <sidera/communicators/serial.hpp>
#include <sidera/communicators/threads.hpp>

TEST_CASE("row_shares: rows are numbered rank by rank, and ranks may have none") {
  std::vector<std::size_t> const counts{0, 3, 0, 0, 2, 0};
  sidera::row_shares const shares(counts);
  CHECK(shares.total() == 5);
  std::vector<std::size_t> owners, firsts;
  for (std::size_t row = 0; row < 5; ++row) owners.push_back(shares.owner(row));
  for (std::size_t rank = 0; rank < 6; ++rank) firsts.push_back(shares.first(rank));
  CHECK(owners == std::vector<std::size_t>{1, 1, 1, 4, 4});
  CHECK(firsts == std::vector<std::size_t>{0, 0, 3, 3, 3, 5});
  CHECK(sidera::row_shares().total() == 0);
}

TEST_CASE("exchange_rows: wanted rows reach every rank, in order, repeated ones too") {
  std::vector<std::size_t> const wanted{4, 0, 2, 4, 3}, counts{2, 0, 3};
  std::vector<double> const data{0.5, 1.5, 2.5, 3.5, 4.5};
  auto const found = [&](auto const& ranks, std::vector<std::size_t> const& of_ranks) {
    sidera::row_shares const shares(of_ranks);
    std::vector<double> rows(wanted.size());
    sidera::exchange_rows(
        ranks, shares, wanted,
        [&](sidera::rank_message& to, std::size_t row) { to.put(data[shares.first(ranks.rank()) + row]); },
        [&](sidera::rank_message& from, std::size_t place) { rows[place] = from.number<double>(); });
    return rows;
  };
  std::vector<double> const expected{4.5, 0.5, 2.5, 4.5, 3.5};
  CHECK(found(sidera::serial_communicator{}, {5}) == expected);
  sidera::run_ranks(3, [&](auto const& ranks) { CHECK(found(ranks, counts) == expected); });
}
