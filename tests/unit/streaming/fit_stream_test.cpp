// SPDX-License-Identifier: MIT
/// \file  Streamed training is training in memory, bit for bit.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/codebooks/given_words.hpp>
#include <sidera/codebooks/kmeans_parallel.hpp>
#include <sidera/codebooks/random_rows.hpp>
#include <sidera/communicators/threads.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/io/file_source.hpp>
#include <sidera/io/npy.hpp>
#include <sidera/io/vecs.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>
#include <sidera/streaming/fit_stream.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/coordinate_median.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

#include "../io/temporary_folder.hpp"

using laws::message_of;
using namespace sidera;

namespace {

using psrq_type = residual_quantizer<squared_euclidean, lloyd, prefix_residual>;

static_assert(StreamedRule<lloyd> && StreamedRule<mini_batch> && StreamedRule<ema>);
static_assert(!StreamedRule<balanced> && !StreamedRule<coordinate_median>);
static_assert(StreamedMetric<squared_euclidean> && StreamedScheme<prefix_residual>);

/// Rows far from the origin in columns of very different sizes; some twice, so that ties happen.
matrix<float> rows(std::size_t n = 700) {
  matrix<float> x = laws::clustered<float>(n, 6, 30, 3, 0.5);
  x.col(2) *= 1000;
  x.col(3).array() += 100;
  x.row(5) = x.row(6);
  return x;
}

std::string bytes_of(auto const& model) {
  return serialise_fields(model.fields());
}

bool equal(level_report const& a, level_report const& b) {
  return a.iterations == b.iterations && a.stopped == b.stopped && a.objective == b.objective &&
         a.relative_error == b.relative_error && a.perplexity == b.perplexity && a.dead_words == b.dead_words;
}
bool equal(fit_report const& a, fit_report const& b) {
  return std::equal(a.levels.begin(), a.levels.end(), b.levels.begin(), b.levels.end(),
                    [](auto const& p, auto const& q) { return equal(p, q); });
}

/// What an observer was told.
struct diary {
  std::vector<std::vector<double>> entries;
  [[nodiscard]] observer watch() {
    return [this](iteration_report const& r) {
      entries.push_back({static_cast<double>(r.level), static_cast<double>(r.iteration), r.objective,
                         static_cast<double>(r.dead_words), r.perplexity});
    };
  }
};

/// The same model, report and observations, for blocks of every size, with threads, and with and without kept codes.
template <class Model>
fit_report streams_law(Model const& start, matrix<float> const& x) {
  Model in_memory = start;
  diary expected;
  auto const report = in_memory.fit(x, {}, expected.watch());
  matrix_source<float> const source(x);
  thread_pool pool(3);
  for (stream_options const& how : {stream_options{.block_rows = 1000000}, stream_options{.block_rows = 64},
                                    stream_options{.block_rows = 37, .code_bytes = 0, .read_ahead = false}}) {
    CAPTURE(how.block_rows);
    for (bool const threads : {false, true}) {
      Model streamed = start;
      diary seen;
      auto const found = fit_stream(streamed, source, how, threads ? executor_ref(pool) : executor_ref(), seen.watch());
      CHECK(bytes_of(streamed) == bytes_of(in_memory));
      CHECK(equal(found, report));
      CHECK(seen.entries == expected.entries);
    }
  }
  Model quiet = start;
  CHECK(equal(fit_stream(quiet, source), report));
  return report;
}

}  // namespace

TEST_CASE("fit_stream is fit: residual quantization and PSRQ") {
  auto const x = rows();
  streams_law(residual_quantizer<>({.levels = 3, .words = 16, .seed = 4}), x);
  streams_law(psrq_type({.levels = 3, .words = 16, .seed = 4}), x);
  streams_law(psrq_type({.levels = 3, .words_per_level = {9, 300, 4}, .iterations = 3}, {}, {}, {.weight = 0.3}), x);
}

TEST_CASE("fit_stream is fit: fixed points, tolerance, restarts, no iterations") {
  auto const x = rows();
  auto const fixed = streams_law(residual_quantizer<>({.levels = 2, .words = 8, .iterations = 500}), x);
  CHECK(fixed.levels[0].stopped == stop_reason::codes_repeat);
  auto const near = streams_law(residual_quantizer<>({.levels = 2, .words = 8, .tolerance = 0.01}), x);
  CHECK(near.levels[0].stopped == stop_reason::tolerance);
  streams_law(residual_quantizer<>({.levels = 2, .words = 8, .iterations = 4, .restarts = 3}), x);
  streams_law(residual_quantizer<>({.levels = 2, .words = 8, .iterations = 0}), x);
}

TEST_CASE("fit_stream is fit: initialisers that look at a part of the rows") {
  auto const x = rows();
  using M = squared_euclidean;
  using with_sample = residual_quantizer<M, lloyd, additive_residual, kmeans_plus_plus>;
  streams_law(with_sample({.levels = 2, .words = 8}, {}, {}, {}, {.rows_per_word = 5}), x);
  streams_law(with_sample({.levels = 2, .words = 8}, {}, {}, {}, {.draws = 1, .rows_per_word = 0}), x);
  streams_law(residual_quantizer<M, lloyd, prefix_residual, random_rows>({.levels = 2, .words = 50}), x);
  using with_given = residual_quantizer<M, lloyd, additive_residual, given_words>;
  given_words const given{.words = {matrix<double>(x.topRows(2).cast<double>())}, .rows = {{}, {7, 3}}};
  streams_law(with_given({.levels = 2, .words = 2}, {}, {}, {}, given), x);
}

TEST_CASE("fit_stream is fit: weights of columns, in the prefix as well") {
  weighted_squared_euclidean const metric{{1, 2, 1e-6, 3, 0.5, 9}};
  streams_law(residual_quantizer({.levels = 3, .words = 8}, metric, lloyd{}, prefix_residual{}), rows());
}

TEST_CASE("fit_stream is fit: words that die") {
  // Far fewer distinct rows than words at first, then first words that nobody is near.
  matrix<float> const few = rows(40).replicate(20, 1);
  streams_law(residual_quantizer<>({.levels = 2, .words = 64}), few);
  auto const x = rows();
  matrix<double> far = matrix<double>::Constant(12, 6, 1e6);
  far.row(0) = x.row(0).cast<double>();
  given_words const given{.words = {far, far}};
  using M = squared_euclidean;
  residual_quantizer_options const o{.levels = 2, .words = 12, .iterations = 6};
  auto const relocated =
      streams_law(residual_quantizer<M, lloyd, additive_residual, given_words, relocate_far>(o, {}, {}, {}, given), x);
  CHECK(relocated.levels[0].dead_words == 0);
  streams_law(residual_quantizer<M, lloyd, prefix_residual, given_words, split_largest>(
                  {.levels = 1, .words = 12, .iterations = 6}, {}, {}, {}, given),
              x);
  auto const kept =
      streams_law(residual_quantizer<M, lloyd, additive_residual, given_words, keep_dead>(o, {}, {}, {}, given), x);
  CHECK(kept.levels[0].dead_words == 11);
}

TEST_CASE("fit_stream is fit in double") {
  matrix<double> const x = rows(300).cast<double>();
  residual_quantizer<squared_euclidean, lloyd, prefix_residual, kmeans_plus_plus, relocate_far, double> a(
      {.levels = 2, .words = 8}),
      b = a;
  (void)a.fit(x);
  (void)fit_stream(b, matrix_source<double>(x), {.block_rows = 50});
  CHECK(bytes_of(a) == bytes_of(b));
}

namespace {

/// The same model, report and observations on ranks with unequal and empty shards.
template <class Model>
void ranks_law(Model const& start, matrix<float> const& all) {
  Model in_memory = start;
  diary expected;
  auto const report = in_memory.fit(all, {}, expected.watch());
  for (std::vector<index_t> const& cuts :
       {std::vector<index_t>{0, 700}, {0, 1, 700}, {0, 500, 500, 700}, {0, 0, 13, 600, 700}, {0, 0, 700, 700}}) {
    std::size_t const ranks = cuts.size() - 1;
    CAPTURE(ranks);
    std::vector<Model> models(ranks, start);
    std::vector<fit_report> reports(ranks);
    diary seen;
    run_ranks(ranks, [&](thread_communicator const& c) {
      std::size_t const r = c.rank();
      matrix<float> const mine = all.middleRows(cuts[r], cuts[r + 1] - cuts[r]);
      thread_pool pool(1 + r % 2);
      reports[r] = fit_stream(models[r], matrix_source<float>(mine), {.block_rows = 90 + r}, pool,
                              r == ranks / 2 ? seen.watch() : observer{}, c);
    });
    CHECK(seen.entries == expected.entries);  // of all ranks, though one of them is watched
    for (std::size_t r = 0; r < ranks; ++r) {
      CHECK(bytes_of(models[r]) == bytes_of(in_memory));
      CHECK(equal(reports[r], report));
    }
  }
}

using mini_batch_psrq = residual_quantizer<squared_euclidean, mini_batch, prefix_residual>;
using ema_rq = residual_quantizer<squared_euclidean, ema, additive_residual, given_words, split_largest>;

/// Words of which most are far from all rows, so that the policy has to move some of them.
given_words far_words(matrix<float> const& x) {
  matrix<double> far = matrix<double>::Constant(12, 6, 1e6);
  far.topRows(3) = x.topRows(3).cast<double>();
  return {.words = {far, far}};
}

}  // namespace

TEST_CASE("fit_stream: ranks with unequal and empty shards end with the bits of one") {
  auto const x = rows();
  ranks_law(psrq_type({.levels = 2, .words = 16, .iterations = 8}), x);
  ranks_law(psrq_type({.levels = 2, .words = 300, .iterations = 8}), matrix<float>(x.topRows(100).replicate(7, 1)));
}

TEST_CASE("fit_stream is fit: rules of batches see the batches that they see in memory") {
  auto const x = rows();
  auto const report = streams_law(
      mini_batch_psrq({.levels = 3, .words = 16, .iterations = 4, .seed = 4}, {}, {.batch_size = 64}, {.weight = 0.3}),
      x);
  CHECK(report.levels[0].iterations == 4);
  streams_law(mini_batch_psrq({.levels = 2, .words = 8, .iterations = 3, .restarts = 3}, {}, {.batch_size = 699}), x);
  auto const near = streams_law(
      mini_batch_psrq({.levels = 2, .words = 8, .iterations = 30, .tolerance = 0.01}, {}, {.batch_size = 100}), x);
  CHECK(near.levels[0].stopped == stop_reason::tolerance);
  streams_law(mini_batch_psrq({.levels = 2, .words = 8, .iterations = 0}), x);
  streams_law(mini_batch_psrq({.levels = 2, .words = 8, .iterations = 9}, {}, {.batch_size = 700}), x);  // full passes
  ema_rq const with_dead({.levels = 2, .words = 12, .iterations = 6, .tolerance = 1e-9}, {},
                         {.decay = 0.7, .batch_size = 90}, {}, far_words(x));
  auto const revived = streams_law(with_dead, x);
  CHECK(revived.levels[0].dead_words < 9);
  ema_rq full =
      ema_rq({.levels = 1, .words = 12, .iterations = 20}, {}, {.decay = 0.5, .batch_size = 0}, {}, far_words(x));
  streams_law(full, x);
  ranks_law(mini_batch_psrq({.levels = 2, .words = 16, .iterations = 3}, {}, {.batch_size = 128}), x);
  ranks_law(with_dead, x);
}

namespace {

/// Rows that end in the middle: a file on a disk that fails.
struct failing_rows {
  matrix<float> x;
  mutable int reads_left;
  [[nodiscard]] std::size_t rows() const { return row_count(x); }
  [[nodiscard]] std::size_t columns() const { return column_count(x); }
  void read(std::size_t first, matrix_ref<float> out) const {
    if (--reads_left < 0) throw file_error("c.npy", "cannot read: the disk is gone");
    matrix_source<float>(x).read(first, out);
  }
};

/// The rows of the second of three ranks cannot be read any more after so many reads.
template <class Model>
void failing_rank_law(Model const& start, matrix<float> const& x, int reads) {
  CAPTURE(reads);
  std::vector<Model> models(3, start);
  std::atomic<int> told = 0;
  auto const body = [&](thread_communicator const& c) {
    failing_rows const source{x, c.rank() == 1 ? reads : 100000};
    try {
      (void)fit_stream(models[c.rank()], source, {}, {}, {}, c);
    } catch (communicator_error const& e) {
      told += std::string(e.what()) == "rank 1 failed: c.npy: cannot read: the disk is gone";
      throw;
    }
  };
  CHECK(message_of<file_error>([&] { run_ranks(3, body); }) == "c.npy: cannot read: the disk is gone");
  CHECK(told == 2);
  for (auto const& m : models) CHECK(!m.fitted());
}

}  // namespace

TEST_CASE("fit_stream: a rank whose rows cannot be read ends all ranks with its message, and no model changes") {
  auto const x = rows(100);
  for (int const reads : {0, 1, 7}) failing_rank_law(residual_quantizer<>({.levels = 2, .words = 4}), x, reads);
  for (int const reads : {1, 40, 300})
    failing_rank_law(mini_batch_psrq({.levels = 2, .words = 4, .iterations = 9}, {}, {.batch_size = 32}), x, reads);
  CHECK_THROWS_AS(run_ranks(2,
                            [&](thread_communicator const& c) {
                              residual_quantizer<> model({.words = 4});
                              matrix<float> const mine = x.leftCols(3 + static_cast<index_t>(c.rank()));
                              (void)fit_stream(model, matrix_source<float>(mine), {}, {}, {}, c);
                            }),
                  shape_error);
}

TEST_CASE("fit_stream is fit: k-means||, which goes through the rows itself") {
  auto const x = rows();
  using with_passes = residual_quantizer<squared_euclidean, lloyd, prefix_residual, kmeans_parallel>;
  with_passes const start({.levels = 2, .words = 16, .iterations = 3, .restarts = 2}, {}, {}, {.weight = 0.5});
  streams_law(start, x);
  ranks_law(start, x);
  streams_law(with_passes({.levels = 2, .words = 64, .iterations = 2}), matrix<float>(rows(40).replicate(20, 1)));
}

namespace {

template <class Model>
void resumes_law(Model const& start, matrix<float> const& x) {
  matrix_source<float> const source(x);
  {
    temporary_folder const folder;
    Model whole = start;
    diary all;
    auto const report = fit_stream(whole, source, {}, {}, all.watch());
    for (std::size_t stop = 1; stop <= all.entries.size(); ++stop) {
      CAPTURE(stop);
      std::string const path = folder.file("part" + std::to_string(stop));
      Model model = start;
      std::size_t calls = 0;
      auto const interrupt = [&](iteration_report const&) {
        if (++calls == stop) throw std::runtime_error("enough");
      };
      CHECK_THROWS_AS((void)fit_stream(model, source, {.block_rows = 40, .checkpoint = path}, {}, interrupt),
                      std::runtime_error);
      CHECK(!model.fitted());
      thread_pool pool(2);
      diary rest;
      auto const resumed =
          fit_stream(model, source,
                     {.block_rows = 110, .code_bytes = stop % 2 == 0 ? 0 : std::size_t{1} << 20, .checkpoint = path},
                     pool, rest.watch());
      CHECK(bytes_of(model) == bytes_of(whole));
      CHECK(equal(resumed, report));
      // It went on: what came before the stop was not done again, but for the iteration before a fixed point.
      CHECK(rest.entries.size() <= all.entries.size() - stop + 2);
      CHECK(std::equal(rest.entries.rbegin(), rest.entries.rend(), all.entries.rbegin()));
      Model again = start;
      CHECK(equal(fit_stream(again, source, {.checkpoint = path}), report));  // complete: only the end is done again
      CHECK(bytes_of(again) == bytes_of(whole));
    }
  }
}

}  // namespace

TEST_CASE("fit_stream: stopped anywhere, it goes on to the same bits, with other blocks and threads") {
  auto const x = rows(300);
  resumes_law(psrq_type({.levels = 3, .words = 8, .iterations = 3, .restarts = 2}), x);
  resumes_law(psrq_type({.levels = 2, .words = 20, .iterations = 60, .tolerance = 1e-3}), x);
  resumes_law(mini_batch_psrq({.levels = 2, .words = 8, .iterations = 3, .restarts = 2}, {}, {.batch_size = 64}), x);
  resumes_law(mini_batch_psrq({.levels = 1, .words = 8, .iterations = 9}, {}, {.batch_size = 300}), x);
  resumes_law(ema_rq({.levels = 2, .words = 12, .iterations = 9, .tolerance = 1e-2}, {},
                     {.decay = 0.7, .batch_size = 90}, {}, far_words(x)),
              x);
}

TEST_CASE("fit_stream: killed without warning, it goes on to the same bits") {
  temporary_folder const folder;
  auto const x = rows(300);
  matrix_source<float> const source(x);
  psrq_type const start({.levels = 2, .words = 8, .iterations = 4});
  psrq_type whole = start;
  diary all;
  (void)fit_stream(whole, source, {}, {}, all.watch());
  for (std::size_t stop = 1; stop <= all.entries.size(); ++stop) {
    std::string const path = folder.file("part" + std::to_string(stop));
    pid_t const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      psrq_type model = start;
      std::size_t calls = 0;
      (void)fit_stream(model, source, {.read_ahead = false, .checkpoint = path}, {}, [&](iteration_report const&) {
        if (++calls == stop) ::raise(SIGKILL);
      });
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    psrq_type model = start;
    (void)fit_stream(model, source, {.checkpoint = path});
    CHECK(bytes_of(model) == bytes_of(whole));
  }
}

TEST_CASE("fit_stream: ranks go on from the checkpoint of rank 0, also as another number of ranks") {
  temporary_folder const folder;
  std::string const path = folder.file("part");
  auto const x = rows(300);
  psrq_type const start({.levels = 2, .words = 8, .iterations = 6});
  psrq_type whole = start;
  (void)whole.fit(x);
  auto const train = [&](std::size_t ranks, std::size_t stop) {
    std::vector<psrq_type> models(ranks, start);
    auto const body = [&](thread_communicator const& c) {
      auto const n = static_cast<index_t>(ranks), r = static_cast<index_t>(c.rank());
      matrix<float> const mine = x.middleRows(300 / n * r, 300 / n);
      std::size_t calls = 0;
      (void)fit_stream(
          models[c.rank()], matrix_source<float>(mine), {.checkpoint = path}, {},
          [&](iteration_report const&) {
            if (++calls == stop) throw std::runtime_error("enough");
          },
          c);
    };
    if (stop != 0)
      CHECK_THROWS_WITH(run_ranks(ranks, body), "enough");
    else
      run_ranks(ranks, body);
    return models;
  };
  (void)train(3, 4);
  (void)train(2, 3);
  for (auto const& model : train(4, 0)) CHECK(bytes_of(model) == bytes_of(whole));
}

TEST_CASE("fit_stream: a checkpoint of something else is refused by name, and what differs is said") {
  temporary_folder const folder;
  std::string const path = folder.file("part");
  auto const x = rows(300);
  psrq_type model({.levels = 2, .words = 8, .iterations = 4});
  (void)fit_stream(model, matrix_source<float>(x), {.checkpoint = path});
  std::string const before = bytes_of(model), content = content_of(path);
  auto const refused = [&](psrq_type other, matrix<float> const& data) {
    auto const message =
        message_of<file_error>([&] { (void)fit_stream(other, matrix_source<float>(data), {.checkpoint = path}); });
    CHECK(message.find(path) == 0);
    CHECK(content_of(path) == content);
    return message;
  };
  CHECK(refused(psrq_type({.levels = 2, .words = 9, .iterations = 4}), x).find("words 8,8") != std::string::npos);
  CHECK(refused(psrq_type({.levels = 2, .words = 8, .iterations = 4, .seed = 2}), x).find("seed") != std::string::npos);
  CHECK(refused(model, x.topRows(299)).find("rows 300, this training has 299") != std::string::npos);
  CHECK(refused(psrq_type({.levels = 2, .words = 8, .iterations = 4}, {}, {}, {.weight = 2}), x).find("weight") !=
        std::string::npos);
  std::string const of_batches = folder.file("of_batches");
  mini_batch_psrq const by_batches({.levels = 1, .words = 8, .iterations = 2}, {}, {.batch_size = 64});
  mini_batch_psrq first = by_batches, other({.levels = 1, .words = 8, .iterations = 2}, {}, {.batch_size = 65});
  (void)fit_stream(first, matrix_source<float>(x), {.checkpoint = of_batches});
  CHECK(message_of<file_error>([&] {
          (void)fit_stream(other, matrix_source<float>(x), {.checkpoint = of_batches});
        }).find("batch_size 64, this training has 65") != std::string::npos);
  matrix<float> other_rows = x, swapped = x;
  other_rows(299, 5) = std::nextafter(other_rows(299, 5), 0.0f);
  swapped.row(10).swap(swapped.row(200));
  CHECK(refused(model, other_rows).find("rows of fingerprint") != std::string::npos);
  CHECK(refused(model, swapped).find("another order") != std::string::npos);
  auto const other_parameters = [&](auto first_model, auto second_model) {
    std::string const parameters = folder.file("parameters");
    std::filesystem::remove(parameters);
    (void)fit_stream(first_model, matrix_source<float>(x), {.checkpoint = parameters});
    return message_of<file_error>(
        [&] { (void)fit_stream(second_model, matrix_source<float>(x), {.checkpoint = parameters}); });
  };
  auto const rq = [](auto metric, auto init, auto dead) {
    return residual_quantizer({.levels = 1, .words = 8}, metric, lloyd{}, additive_residual{}, init, dead);
  };
  weighted_squared_euclidean const light{{1, 1, 1, 1, 1, 1}}, heavy{{100, 0, 0, 0, 0, 0}};
  CHECK(other_parameters(rq(light, random_rows{}, keep_dead{}), rq(heavy, random_rows{}, keep_dead{}))
            .find("metric.weights") != std::string::npos);
  auto const plus_plus = [&](kmeans_plus_plus init) { return rq(squared_euclidean{}, init, keep_dead{}); };
  CHECK(other_parameters(plus_plus({.draws = 3}), plus_plus({.draws = 4})).find("draws 3, this training has 4") !=
        std::string::npos);
  CHECK(other_parameters(plus_plus({.rows_per_word = 8}), plus_plus({.rows_per_word = 9})).find("rows_per_word 8") !=
        std::string::npos);
  auto const parallel = [&](kmeans_parallel init) { return rq(squared_euclidean{}, init, keep_dead{}); };
  CHECK(other_parameters(parallel({.rounds = 3}), parallel({.rounds = 4})).find("rounds 3") != std::string::npos);
  auto const split = [&](double step) { return rq(squared_euclidean{}, random_rows{}, split_largest{.step = step}); };
  CHECK(other_parameters(split(0.25), split(0.5)).find("step 0.25, this training has 0.5") != std::string::npos);
  auto const given = [&](std::vector<std::vector<index_t>> rows_of_levels) {
    return rq(squared_euclidean{}, given_words{.rows = std::move(rows_of_levels)}, keep_dead{});
  };
  CHECK(other_parameters(given({{0, 1, 2, 3, 4, 5, 6, 7}}), given({{0, 1, 2, 3, 4, 5, 6, 8}})).find("rows_0") !=
        std::string::npos);
  CHECK(other_parameters(given({{0, 1, 2, 3, 4, 5, 6, 7}, {1}}), given({{0, 1, 2, 3, 4, 5, 6, 7}})).find("rows_1") !=
        std::string::npos);
  std::string flipped = content;
  flipped[content.size() / 2] = static_cast<char>(flipped[content.size() / 2] ^ 1);
  put_content(path, flipped);
  CHECK(message_of<file_error>([&] {
          (void)fit_stream(model, matrix_source<float>(x), {.checkpoint = path});
        }).find(path) == 0);
  save_fields(path, model.fields());
  CHECK(message_of<file_error>([&] {
          (void)fit_stream(model, matrix_source<float>(x), {.checkpoint = path});
        }).find("residual_quantizer") != std::string::npos);
  CHECK(bytes_of(model) == before);
}

TEST_CASE("fit_stream: ranks refuse a checkpoint of other rows on every rank") {
  temporary_folder const folder;
  std::string const path = folder.file("part");
  auto const x = rows(300);
  psrq_type model({.levels = 2, .words = 8, .iterations = 4});
  (void)fit_stream(model, matrix_source<float>(x), {.checkpoint = path});
  matrix<float> const other = -x;
  std::atomic<int> refusals = 0;
  run_ranks(3, [&](thread_communicator const& c) {
    psrq_type own({.levels = 2, .words = 8, .iterations = 4});
    matrix<float> const mine = other.middleRows(100 * static_cast<index_t>(c.rank()), 100);
    try {
      (void)fit_stream(own, matrix_source<float>(mine), {.checkpoint = path}, {}, {}, c);
    } catch (file_error const&) {
      ++refusals;
    }
  });
  CHECK(refusals == 3);
}

TEST_CASE("Blocks larger than any data are one block: nothing overflows") {
  temporary_folder const folder;
  auto const x = rows(300);
  psrq_type model({.levels = 2, .words = 8}), streamed = model;
  (void)model.fit(x);
  std::size_t const most = std::numeric_limits<std::size_t>::max();
  (void)fit_stream(streamed, matrix_source<float>(x), {.block_rows = most});
  CHECK(bytes_of(streamed) == bytes_of(model));
  encode_stream(model, matrix_source<float>(x), folder.file("codes.npy"), {.block_rows = most});
  CHECK(read_matrix<code_t>(folder.file("codes.npy")) == model.encode(x));
}

TEST_CASE("encode_stream writes the codes of encode, whole or not at all; fit_stream reads shards") {
  temporary_folder const folder;
  auto const x = rows();
  write_npy(folder.file("0.npy"), x.topRows(200));
  write_fvecs(folder.file("1.fvecs"), x.bottomRows(500));
  auto const shards = open_shards<float>({folder.file("0.npy"), folder.file("1.fvecs")});
  psrq_type model({.levels = 3, .words = 16}), in_memory = model;
  std::string const out = folder.file("codes.npy");
  CHECK_THROWS_AS(encode_stream(model, shards, out), not_fitted_error);
  (void)in_memory.fit(x);
  (void)fit_stream(model, shards, {.block_rows = 64});
  CHECK(bytes_of(model) == bytes_of(in_memory));
  thread_pool pool(2);
  encode_stream(model, shards, out, {.block_rows = 77}, pool);
  CHECK(read_matrix<code_t>(out) == in_memory.encode(x));
  std::string const before = content_of(out);

  matrix<float> bad = x.bottomRows(500);
  bad(450, 2) = std::numeric_limits<float>::quiet_NaN();
  write_fvecs(folder.file("1.fvecs"), bad);
  auto const damaged = open_shards<float>({folder.file("0.npy"), folder.file("1.fvecs")});
  std::size_t const files = folder.file_count();
  auto const message = message_of<value_error>([&] { encode_stream(model, damaged, out, {.block_rows = 77}); });
  CHECK(message == "encode_stream: " + folder.file("1.fvecs") + ", row 450 has a NaN in column 2");
  CHECK(content_of(out) == before);
  CHECK(folder.file_count() == files);
  auto const in_fit = message_of<value_error>([&] { (void)fit_stream(model, damaged); });
  CHECK(in_fit == "fit_stream: " + folder.file("1.fvecs") + ", row 450 has a NaN in column 2");
  CHECK(bytes_of(model) == bytes_of(in_memory));
  CHECK_THROWS_AS(encode_stream(model, matrix_source<float>(x.leftCols(3)), out), shape_error);
  encode_stream(model, open_shards<float>({}), out);
  CHECK(read_array<code_t>(out).shape == std::vector<std::size_t>{0, 3});
}

TEST_CASE("fit_stream refuses what it cannot do") {
  auto const x = rows(100);
  matrix_source<float> const source(x);
  auto const refuses = [&](residual_quantizer<> model, stream_options const& how = {}) {
    return message_of<argument_error>([&] { (void)fit_stream(model, source, how); });
  };
  CHECK(refuses(residual_quantizer<>({.words = 4, .beam = 2})).find("beam") != std::string::npos);
  CHECK(refuses(residual_quantizer<>({.words = 101})).find("fewer rows than the 101 words") != std::string::npos);
  CHECK(refuses(residual_quantizer<>({.words = 4}), {.block_rows = 0}).find("block_rows") != std::string::npos);
  residual_quantizer<> model({.levels = 2, .words = 4});
  (void)model.fit(x);
  model.freeze(1);
  CHECK(refuses(model).find("frozen") != std::string::npos);
  residual_quantizer<> empty({.words = 4});
  CHECK_THROWS_AS((void)fit_stream(empty, open_shards<float>({})), shape_error);
}

TEST_CASE("permutation_head is the beginning of the permutation") {
  random_stream const random(8, 3);
  for (std::size_t const n : std::vector<std::size_t>{0, 1, 2, 3, 50, 1000}) {
    auto const whole = random.permutation(n);
    for (std::size_t const count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, n / 3, n}) {
      auto const head = random.permutation_head(n, count);
      CHECK(std::equal(head.begin(), head.end(), whole.begin(),
                       whole.begin() + static_cast<std::ptrdiff_t>(std::min(n, count))));
    }
  }
}
