// SPDX-License-Identifier: MIT
/// \file  MPI ranks; run under mpirun with 1 to 4 of them. Every rank makes every check.
#include <sidera/communicators/mpi.hpp>  // first: it stands alone
//
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/disentangling_model.hpp>
#include <sidera/interest/feature_factorization.hpp>
#include <sidera/interest/ranker_trainer.hpp>
#include <sidera/io/safetensors.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/streaming/fit_stream.hpp>
#include <sidera/training/spread_batches.hpp>

using namespace sidera;

namespace {

using psrq_type = residual_quantizer<squared_euclidean, lloyd, prefix_residual>;

std::size_t world(int (*ask)(MPI_Comm, int*)) {
  int value = 0;
  ask(MPI_COMM_WORLD, &value);
  return static_cast<std::size_t>(value);
}
std::size_t my_rank() {
  return world(MPI_Comm_rank);
}
std::size_t rank_total() {
  return world(MPI_Comm_size);
}

void run(std::function<void(mpi_communicator const&)> const& body, mpi_options options = {}) {
  run_mpi_ranks(
      MPI_COMM_WORLD, body, [](std::string const& message) { std::fprintf(stderr, "%s\n", message.c_str()); }, options);
}

/// The message of what `run` throws on this rank; empty when it does not.
std::string message_of_run(std::function<void(mpi_communicator const&)> const& body) {
  try {
    run(body);
  } catch (std::exception const& e) {
    return e.what();
  }
  return {};
}

/// From where to where the rows of this rank go. 1 rank: all rows; 2: 1 and the others; 3: 1, none, the others; 4: 1,
/// none, half of all, the others.
std::pair<index_t, index_t> my_rows(index_t rows) {
  std::vector<index_t> const cuts[] = {{0, rows}, {0, 1, rows}, {0, 1, 1, rows}, {0, 1, 1, 1 + rows / 2, rows}};
  REQUIRE(rank_total() <= 4);
  return {cuts[rank_total() - 1][my_rank()], cuts[rank_total() - 1][my_rank() + 1]};
}

std::string bytes_of(auto const& model) {
  return serialise_fields(model.fields());
}

}  // namespace

TEST_CASE("mpi_communicator: sums, maxima and bytes are those of all ranks, on every rank, in messages of any size") {
  for (std::size_t const message_bytes : {std::size_t{1}, std::size_t{20}, std::size_t{1} << 30}) {
    auto const body = [&](mpi_communicator const& c) {
      CHECK(c.rank() == my_rank());
      CHECK(c.size() == rank_total());
      auto const me = static_cast<std::int64_t>(c.rank()), n = static_cast<std::int64_t>(c.size());
      for (std::int64_t round = 0; round < 20; ++round) {
        std::vector<std::int64_t> integers{me + round, -1, std::int64_t{1} << 60, 0, 0};
        c.sum(integers);
        CHECK(integers[0] == n * (n - 1) / 2 + n * round);
        CHECK(integers[1] == -n);
        CHECK(integers[2] == n << 60);
        std::vector<double> numbers{static_cast<double>(me), -static_cast<double>(me), 0.1};
        c.max(numbers);
        CHECK(numbers == std::vector<double>{static_cast<double>(n - 1), 0, 0.1});
        std::vector<std::byte> const mine(3 * c.rank(), std::byte{static_cast<unsigned char>(round)});
        auto const all = c.gather(mine);
        REQUIRE(all.size() == c.size());
        for (std::size_t r = 0; r < all.size(); ++r)
          CHECK(all[r] == std::vector<std::byte>(3 * r, std::byte{static_cast<unsigned char>(round)}));
      }
      c.sum({});
    };
    run(body, {.message_bytes = message_bytes});
  }
}

TEST_CASE("run_mpi_ranks: a rank that throws ends all of them, wherever they are") {
  std::size_t const last = rank_total() - 1;
  for (std::size_t const round_of_failure : {std::size_t{0}, std::size_t{4}, std::size_t{9}}) {
    auto const body = [&](mpi_communicator const& c) {
      std::int64_t value[] = {1};
      for (std::size_t round = 0; round < 9; ++round) {
        if (c.rank() == last && round == round_of_failure) throw std::out_of_range("shard b.npy is gone");
        c.sum(value);
      }
      if (c.rank() == last) throw std::out_of_range("shard b.npy is gone");  // the others have ended
    };
    std::string const expected = (my_rank() == last ? "" : "rank " + std::to_string(last) + " failed: ");
    CHECK(message_of_run(body) == expected + "shard b.npy is gone");
    if (my_rank() == last)
      CHECK_THROWS_AS(run(body), std::out_of_range);
    else
      CHECK_THROWS_AS(run(body), communicator_error);
  }
}

TEST_CASE("run_mpi_ranks: when all fail, the lowest rank is told") {
  auto const body = [](mpi_communicator const& c) { throw std::runtime_error("trouble " + std::to_string(c.rank())); };
  CHECK(message_of_run(body) == (my_rank() == 0 ? "trouble 0" : "rank 0 failed: trouble 0"));
  CHECK_THROWS(run([](mpi_communicator const&) { throw 5; }));
}

TEST_CASE("run_mpi_ranks: other calls, other lengths and an early end are errors on every rank, and stay so") {
  if (rank_total() == 1) return;
  bool const first = my_rank() == 0;
  CHECK(message_of_run([&](mpi_communicator const& c) {
          std::vector<std::int64_t> values(first ? 3 : 2);
          c.sum(values);
        }) == "the ranks bring between 2 and 3 numbers");
  CHECK(message_of_run([&](mpi_communicator const& c) {
          double value[] = {0};
          if (first) (void)c.gather({});
          if (!first) c.max(value);
        }) == "the ranks make different calls");
  CHECK(message_of_run([&](mpi_communicator const& c) {
          if (!first) return;
          CHECK_THROWS_AS((void)c.gather({}), communicator_error);
          (void)c.gather({});
        }) == "the ranks make different calls");
}

TEST_CASE("fit_stream: MPI ranks with unequal shards, one of them empty, end with the bits of fit") {
  auto const x = laws::clustered<float>(500, 6, 30, 3, 0.5);
  for (bool const dying : {false, true}) {
    CAPTURE(dying);
    matrix<float> const all = dying ? matrix<float>(x.topRows(50).replicate(10, 1)) : x;
    psrq_type in_memory({.levels = 2, .words = dying ? std::size_t{100} : std::size_t{16}, .iterations = 5});
    psrq_type model = in_memory;
    (void)in_memory.fit(all);
    auto const [first, next] = my_rows(500);
    matrix<float> const mine = all.middleRows(first, next - first);
    run([&](mpi_communicator const& c) {
      thread_pool pool(1 + c.rank() % 2);
      (void)fit_stream(model, matrix_source<float>(mine), {.block_rows = 90 + c.rank()}, pool, {}, c);
    });
    CHECK(bytes_of(model) == bytes_of(in_memory));
    if (mine.rows() > 0) CHECK(model.encode(mine) == in_memory.encode(all).middleRows(first, next - first));
  }
}

TEST_CASE("fit_stream: an MPI rank that cannot go on ends all, and no model changes") {
  matrix<float> mine = laws::clustered<float>(60, 6, 5, 3, 0.5);
  if (my_rank() == rank_total() - 1) mine(7, 2) = std::numeric_limits<float>::quiet_NaN();
  psrq_type model({.levels = 2, .words = 4});
  auto const message = message_of_run(
      [&](mpi_communicator const& c) { (void)fit_stream(model, matrix_source<float>(mine), {}, {}, {}, c); });
  CAPTURE(message);
  CHECK(message.find("row 7 has a NaN in column 2") != std::string::npos);
  CHECK(!model.fitted());
}

namespace {

ranking_samples mpi_samples(std::size_t from, std::size_t to) {
  ranking_samples samples;
  samples.questions.history.resize(static_cast<index_t>(to - from), 0);
  for (std::size_t i = from; i < to; ++i) {
    samples.questions.target.push_back(static_cast<code_t>(random_stream(1).below(i, 40)));
    samples.questions.user.push_back(static_cast<code_t>(i % 9));
    samples.label.push_back(static_cast<code_t>(random_stream(2).below(i, 2)));
  }
  return samples;
}

}  // namespace

TEST_CASE("ranker_trainer: MPI ranks with all samples or their own end with the bits of one rank, tables included") {
  feature_factorization<float> const start(laws::clustered<float>(40, 5, 4, 1, 0.5), 9, 6);
  auto const trained = [&](ranking_samples const& samples, auto const& how) {
    auto model = start;
    ranker_trainer trainer(model, {.batch = 32, .learning_rate = 5e-3});
    double loss = 0;
    for (int e = 0; e < 3; ++e) loss = trainer.epoch(model, samples, {}, how);
    return bytes_of(model) + std::to_string(loss);
  };
  auto const all = mpi_samples(0, 70);
  std::string const alone = trained(all, shared_batches(serial_communicator{}, 5));
  CHECK(alone != bytes_of(start));
  auto const [first, next] = my_rows(70);
  auto const mine = mpi_samples(static_cast<std::size_t>(first), static_cast<std::size_t>(next));
  run([&](mpi_communicator const& c) {
    CHECK(trained(all, shared_batches(c, 5)) == alone);
    CHECK(trained(mine, spread_batches(c, 5)) == alone);
  });
}

TEST_CASE("disentangling_model: MPI ranks with rows of their own, one without, end with the bits of one rank") {
  std::vector<matrix<float>> const all{laws::clustered<float>(90, 7, 6, 3, 0.5),
                                       laws::clustered<float>(90, 5, 6, 4, 1)};
  presence_flags present{{}, std::vector<std::uint8_t>(90, 1)};
  for (std::size_t i = 60; i < 90; i += 4) present[1][i] = 0;
  auto const [first, next] = my_rows(90);
  std::vector<matrix<float>> mine;
  for (auto const& v : all) mine.push_back(v.middleRows(first, next - first));
  presence_flags const flags{{}, {present[1].begin() + first, present[1].begin() + next}};
  dcid<>::options_type options;
  options.dim = 6, options.specific_dim = 3, options.general.hidden = options.specific.hidden = {8};
  options.objective.words = 5, options.objective.decoder_hidden = {8}, options.decoupler.hidden = 4;
  disentangling_training const training{.epochs = 3, .batch = 30, .bypass_epochs = 1, .learning_rate = 3e-3};
  auto const trained = [&](auto const& views, auto const& has, auto const& how) {
    disentangling_model<dcid<>> model(options, training);
    auto const report = model.fit(views, has, {}, {}, how);
    return bytes_of(model.inference()) + std::to_string(report.losses.back());
  };
  std::string const alone = trained(all, present, shared_batches(serial_communicator{}, 8));
  run([&](mpi_communicator const& c) { CHECK(trained(mine, flags, spread_batches(c, 8)) == alone); });
}

TEST_CASE("disentangling_model: what one MPI rank cannot train on is the same error on every rank") {
  std::size_t const last = rank_total() - 1;
  std::vector<matrix<float>> mine(2, laws::clustered<float>(20, 4, 3, 3, 0.5));
  if (my_rank() == last) mine[1](7, 2) = std::numeric_limits<float>::quiet_NaN();
  run([&](mpi_communicator const& c) {
    disentangling_model<dcid<>> model;
    std::string const rank = rank_total() == 1 ? "" : "rank " + std::to_string(last) + ": ";
    std::string const expected = "disentangling_model::fit: " + rank + "view 1 row 7 has a NaN in column 2";
    CHECK_THROWS_WITH_AS((void)model.fit(mine, {}, {}, {}, spread_batches(c, 8)), expected.c_str(), value_error);
  });
}

int main(int argc, char** argv) {
  mpi_session const session(argc, argv);
  return doctest::Context(argc, argv).run();
}
