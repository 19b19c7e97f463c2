// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <sidera/communicators/serial.hpp>
#include <sidera/communicators/sum_over.hpp>
#include <sidera/communicators/threads.hpp>

using namespace sidera;

static_assert(std::is_empty_v<serial_communicator> && Communicator<thread_communicator> && !Communicator<int>);

TEST_CASE("serial_communicator: one rank, values stay what they are") {
  serial_communicator const c;
  std::vector<std::int64_t> integers{3, -4};
  std::vector<double> numbers{0.5};
  c.sum(integers);
  c.max(numbers);
  CHECK(integers == std::vector<std::int64_t>{3, -4});
  CHECK(numbers == std::vector<double>{0.5});
  CHECK(c.gather(std::as_bytes(std::span(numbers))).size() == 1);
  CHECK(c.rank() == 0);
  CHECK(c.size() == 1);
}

TEST_CASE("sum_over: the bits of all terms in one sum, for any number of ranks") {
  std::vector<double> terms;
  for (int i = 0; i < 60; ++i) terms.push_back(std::ldexp(i % 2 == 0 ? 1.1 : -0.7, i - 30));
  order_free_sum whole;
  for (double const t : terms) whole.add(t);
  CHECK(sum_over(serial_communicator{}, whole) == whole.value());
  for (std::size_t ranks = 2; ranks <= 4; ++ranks) {
    std::atomic<std::size_t> right = 0;
    run_ranks(ranks, [&](thread_communicator const& c) {
      order_free_sum own;
      for (std::size_t i = c.rank(); i < terms.size(); i += ranks) own.add(terms[i]);
      right += own.value() != whole.value() && sum_over(c, own) == whole.value() ? 1 : 0;
    });
    CHECK(right == ranks);
  }
}

TEST_CASE("run_ranks: sums, maxima and bytes are those of all ranks, on every rank, round after round") {
  for (std::size_t ranks = 1; ranks <= 5; ++ranks) {
    std::atomic<int> right = 0;
    run_ranks(ranks, [&](thread_communicator const& c) {
      bool good = c.size() == ranks;
      for (std::int64_t round = 0; round < 200; ++round) {
        auto const me = static_cast<std::int64_t>(c.rank()), n = static_cast<std::int64_t>(ranks);
        std::int64_t integers[] = {me + round, -1};
        c.sum(integers);
        good = good && integers[0] == n * (n - 1) / 2 + n * round && integers[1] == -n;
        double numbers[] = {static_cast<double>(me), -static_cast<double>(me)};
        c.max(numbers);
        good = good && numbers[0] == static_cast<double>(n - 1) && numbers[1] == 0;
        std::vector<std::byte> const mine(c.rank(), std::byte{static_cast<unsigned char>(round)});
        auto const all = c.gather(mine);
        for (std::size_t r = 0; r < ranks; ++r)
          good = good && all[r] == std::vector<std::byte>(r, std::byte{static_cast<unsigned char>(round)});
      }
      right += good;
    });
    CHECK(right == static_cast<int>(ranks));
  }
}

TEST_CASE("run_ranks: a rank that throws ends all of them, whatever the others wait for, with its own exception") {
  for (std::size_t failing = 0; failing < 3; ++failing) {
    std::atomic<int> told = 0;
    auto const body = [&](thread_communicator const& c) {
      std::int64_t value[] = {1};
      for (std::size_t round = 0; round < 10; ++round) {
        if (c.rank() == failing && round == 4) throw std::out_of_range("shard b.npy is gone");
        try {
          c.sum(value);
        } catch (communicator_error const& e) {
          told += std::string(e.what()) == "rank " + std::to_string(failing) + " failed: shard b.npy is gone";
          throw;
        }
      }
    };
    CHECK_THROWS_AS(run_ranks(3, body), std::out_of_range);
    CHECK(told == 2);
  }
  CHECK_THROWS_AS(run_ranks(2,
                            [](thread_communicator const& c) {
                              if (c.rank() == 1) throw 5;
                              (void)c.gather({});
                            }),
                  int);
}

TEST_CASE("run_ranks: ranks that end early or make other calls are an error on every rank, not a hang") {
  auto const refused = [](std::size_t ranks, auto body) {
    std::atomic<std::size_t> told = 0;
    std::string message = "none";
    try {
      run_ranks(ranks, [&](thread_communicator const& c) {
        try {
          body(c);
        } catch (communicator_error const&) {
          ++told;
          throw;
        }
      });
    } catch (communicator_error const& e) {
      message = e.what();
    }
    return message + ", told " + std::to_string(told);
  };
  std::int64_t const one = 1;
  auto const sum = [&](thread_communicator const& c) {
    std::int64_t values[] = {one};
    c.sum(values);
  };
  CHECK(refused(2, [&](auto const& c) {
          if (c.rank() == 1) sum(c);
        }) == "the ranks make different calls: rank 0 has ended, rank 1 calls sum with 8 bytes, told 1");
  CHECK(refused(3, [&](auto const& c) {
          sum(c);
          if (c.rank() != 1) sum(c);
        }) == "the ranks make different calls: rank 0 calls sum with 8 bytes, rank 1 has ended, told 2");
  CHECK(refused(2, [&](auto const& c) {
          if (c.rank() == 0)
            sum(c);
          else
            (void)c.gather({});
        }) == "the ranks make different calls: rank 0 calls sum with 8 bytes, rank 1 calls gather, told 2");
  CHECK(refused(2, [&](auto const& c) {
          double values[] = {1};
          if (c.rank() == 0)
            sum(c);
          else
            c.max(values);
        }) == "the ranks make different calls: rank 0 calls sum with 8 bytes, rank 1 calls max with 8 bytes, told 2");
}

TEST_CASE("run_ranks: sums of different lengths are an error, not a wrong sum") {
  CHECK_THROWS_AS(run_ranks(2,
                            [](thread_communicator const& c) {
                              std::vector<std::int64_t> values(1 + c.rank());
                              c.sum(values);
                            }),
                  communicator_error);
}
