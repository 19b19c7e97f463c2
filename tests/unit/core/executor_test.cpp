// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <sidera/core/thread_pool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sidera;

namespace {

// The law of Executor: every block once, worker < concurrency, no two calls of one worker at a time.
void check_runs_every_block_once(executor_ref executor, std::size_t count) {
  std::vector<std::atomic<int>> calls(count), busy(executor.concurrency());
  std::atomic<int> faults = 0;
  executor.run(count, [&](std::size_t block, std::size_t worker) {
    if (worker >= busy.size() || busy[worker].fetch_add(1) != 0) ++faults;
    ++calls[block];
    if (worker < busy.size()) --busy[worker];
  });
  CHECK(faults == 0);
  for (auto const& n : calls) CHECK(n == 1);
}

std::string message_of(executor_ref executor, std::size_t count, std::vector<std::size_t> const& failing) {
  try {
    executor.run(count, [&](std::size_t block, std::size_t) {
      for (std::size_t const f : failing)
        if (block == f) throw std::runtime_error("block " + std::to_string(block));
    });
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("every executor runs each block once") {
  for (std::size_t const count : {0U, 1U, 2U, 7U, 1000U}) {
    serial_executor serial;
    check_runs_every_block_once(serial, count);
    check_runs_every_block_once({}, count);
    for (std::size_t threads = 1; threads <= 5; ++threads) {
      thread_pool pool(threads);
      CHECK(pool.concurrency() == threads);
      check_runs_every_block_once(pool, count);
    }
  }
}

TEST_CASE("a pool of threads serves many rounds, also when there are fewer blocks than threads") {
  thread_pool pool(4);
  std::atomic<std::size_t> sum = 0;
  for (std::size_t round = 0; round < 2000; ++round)
    pool.run(round % 6, [&](std::size_t block, std::size_t) { sum += block + 1; });
  CHECK(sum == (0 + 1 + 3 + 6 + 10 + 15) * 333 + 0 + 1);
}

TEST_CASE("the exception of the lowest block is rethrown, by threads as by one") {
  thread_pool pool(3);
  serial_executor serial;
  for (executor_ref const executor : {executor_ref(), executor_ref(serial), executor_ref(pool)}) {
    CHECK(message_of(executor, 100, {}) == "none");
    CHECK(message_of(executor, 100, {99}) == "block 99");
    CHECK(message_of(executor, 100, {60, 20, 61, 21}) == "block 20");
    CHECK(message_of(executor, 1, {0}) == "block 0");
    check_runs_every_block_once(executor, 50);  // still of use
  }
}

TEST_CASE("when a block throws, the other blocks of a pool of threads still run") {
  thread_pool pool(2);
  std::atomic<int> ended = 0;
  CHECK_THROWS_AS(pool.run(100,
                           [&](std::size_t block, std::size_t) {
                             if (block % 10 == 0) throw std::runtime_error("stop");
                             ++ended;
                           }),
                  std::runtime_error);
  CHECK(ended == 90);
}

TEST_CASE("0 threads means all cores") {
  CHECK(thread_pool(0).concurrency() >= 1);
}

TEST_CASE("block_partition covers every row once") {
  for (std::size_t const size : {0U, 1U, 255U, 256U, 257U, 1000U}) {
    for (std::size_t const block : {1U, 7U, 256U, 5000U}) {
      block_partition const parts{size, block};
      std::size_t next = 0;
      for (std::size_t i = 0; i < parts.count(); ++i) {
        CHECK(parts.begin(i) == next);
        CHECK(parts.length(i) > 0);
        CHECK(parts.length(i) <= block);
        next += parts.length(i);
      }
      CHECK(next == size);
    }
  }
}

TEST_CASE("block_partition: no size and no block is too large") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, most - 1, most}) {
    block_partition const whole{size, most};
    CHECK(whole.count() == (size == 0 ? 0 : 1));
    if (size != 0) CHECK(whole.length(0) == size);
  }
  block_partition const halves{most, most / 2 + 1};
  CHECK(halves.count() == 2);
  CHECK(halves.begin(1) == most / 2 + 1);
  CHECK(halves.length(1) == most / 2);
}
