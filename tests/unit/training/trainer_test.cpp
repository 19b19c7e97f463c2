// SPDX-License-Identifier: MIT
/// A small model of many kinds of layers, trained, interrupted and resumed.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/layers/embedding.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/layers/transformer.hpp>
#include <sidera/losses/mse.hpp>
#include <sidera/training/checkpoint.hpp>
#include <sidera/training/take_rows.hpp>
#include <unit/quantizers/allocation_count.hpp>

namespace {

using sidera::index_t;
using sidera::matrix;
using sidera::pass;
using sidera::tape;
using sidera::variable;
using rows_view = std::span<std::size_t const>;

constexpr std::size_t samples = 150, steps = 4;

/// Sequences of `steps` rows, a category each, and a number to be predicted from both.
struct problem {
  matrix<float> x{index_t(samples * steps), 6}, y{index_t(samples), 1};
  std::vector<sidera::code_t> category = std::vector<sidera::code_t>(samples);

  problem() {
    sidera::random_stream const random(11);
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = float(random.normal(std::uint64_t(i)));
    for (std::size_t s = 0; s < samples; ++s) {
      category[s] = sidera::code_t(random.fork(1).below(s, 9));
      y(index_t(s), 0) = x.middleRows(index_t(s * steps), index_t(steps)).col(0).sum() + 0.3f * float(category[s]);
    }
  }
};
problem const data;

/// A table, a transformer with dropout and an MLP.
struct model {
  sidera::parameters<float> store;
  sidera::embedding table{store, "table", 9, 8, sidera::random_stream(2)};
  sidera::linear<> widen{store, "widen", 6, 8, sidera::random_stream(3)};
  sidera::transformer_encoder_layer<> mix{
      store, "mix", {.dim = 8, .heads = 2, .feed_forward = 16, .dropout = 0.1}, sidera::random_stream(4)};
  sidera::mlp<> head{store, "head", {8, 16, 1}, sidera::random_stream(5)};

  variable<float> loss(tape<float>& t, rows_view rows, pass p) const {
    sidera::sequence_shape const shape{rows.size(), steps};
    auto const h = mean_over_time(mix(widen(take_rows(t, data.x, rows, steps)), {shape}, p), shape);
    return sidera::mse(head(h + table(t, take_entries(t, data.category, rows)), p), take_rows(t, data.y, rows));
  }
  auto on_batch() const {
    return [this](tape<float>& t, rows_view rows, pass p) { return loss(t, rows, p); };
  }
  std::vector<float> numbers() const {
    std::vector<float> all;
    for (auto const& g : store.groups()) all.insert(all.end(), g.values.begin(), g.values.end());
    return all;
  }
};

sidera::training_options const options{.epochs = 4,
                                       .batch = 32,
                                       .seed = 7,
                                       .schedule = sidera::cosine_decay{20},
                                       .max_gradient_norm = 1,
                                       .clip_prefixes = {"mix.", "head."}};
sidera::adam const rule{.learning_rate = 1e-2};

std::string temporary_file(std::string const& name) {
  return (std::filesystem::temp_directory_path() / ("sidera_" + std::to_string(::getpid()) + "_" + name)).string();
}

}  // namespace

TEST_CASE("training lowers the loss, is watched, and its report has every epoch") {
  model m;
  sidera::trainer t(m.store, samples, {.epochs = 12, .batch = 32}, rule);
  std::vector<double> watched;
  auto const& report = t.fit(m.on_batch(), {.progress = [&](sidera::iteration_report const& r) {
                               CHECK(r.iteration == watched.size() + 1);
                               CHECK(r.iterations == 12);
                               watched.push_back(r.objective);
                             }});
  CHECK(report.epochs.size() == 12);
  CHECK(t.steps() == 12 * 5);
  CHECK(watched.size() == 12);
  CHECK(watched.back() == report.epochs.back().loss);
  CHECK(report.epochs.back().loss < 0.2 * report.epochs.front().loss);
  CHECK(!report.best_epoch);
  CHECK(&t.fit(m.on_batch()) == &report);  // nothing is left to do
  CHECK(t.steps() == 12 * 5);
}

TEST_CASE("training is the same for 1, 2 and 4 threads, bit for bit") {
  std::vector<std::vector<float>> values;
  std::vector<double> losses;
  for (std::size_t const threads : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    model m;
    sidera::thread_pool pool(threads);
    sidera::trainer t(m.store, samples, options, rule, pool);
    losses.push_back(t.fit(m.on_batch()).epochs.back().loss);
    values.push_back(m.numbers());
  }
  CHECK(values[0] == values[1]);
  CHECK(values[0] == values[2]);
  CHECK(losses[0] == losses[1]);
}

TEST_CASE("a resumed training ends with the same bits, from the middle of an epoch and from its end") {
  model whole;
  sidera::trainer t(whole.store, samples, options, rule);
  auto const& expected = t.fit(whole.on_batch());
  for (std::size_t const stop : {std::size_t{0}, std::size_t{3}, std::size_t{5}, std::size_t{13}}) {
    CAPTURE(stop);
    std::string const file = temporary_file("checkpoint.safetensors");
    {
      model m;
      sidera::trainer first(m.store, samples, options, rule);
      for (std::size_t i = 0; i < stop; ++i) (void)first.step(m.on_batch());
      sidera::field_set also;
      also.metadata["note"] = "kept";
      save_checkpoint(file, first, also);
    }
    model m;
    sidera::trainer second(m.store, samples, options, rule);
    (void)second.step(m.on_batch());  // anything: it is replaced
    CHECK(load_checkpoint(file, second).get_text("note") == "kept");
    CHECK(second.steps() == stop);
    auto const& report = second.fit(m.on_batch());
    CHECK(m.numbers() == whole.numbers());
    REQUIRE(report.epochs.size() == expected.epochs.size());
    for (std::size_t e = 0; e < report.epochs.size(); ++e) CHECK(report.epochs[e].loss == expected.epochs[e].loss);
    std::filesystem::remove(file);
  }
}

TEST_CASE("a whole step allocates nothing after the first epoch") {
  if (!tests::counts_allocations) {
    MESSAGE("skipped: a sanitizer counts for itself");
    return;
  }
  for (std::size_t const threads : {std::size_t{1}, std::size_t{3}}) {
    model m;
    sidera::thread_pool pool(threads);
    sidera::trainer t(m.store, samples, options, rule, pool);
    auto const loss = m.on_batch();
    for (int i = 0; i < 6; ++i) (void)t.step(loss);
    std::size_t const before = tests::allocations();
    CHECK(before > 0);
    for (int i = 0; i < 12; ++i) (void)t.step(loss);
    CHECK(tests::allocations() == before);
  }
}

TEST_CASE("training stops early and ends with the best values; a resumed one too") {
  std::vector<double> const figures{5, 3, 4, 3, 3, 2};
  auto const run = [&](model& m, std::size_t interrupt) {
    sidera::training_options o = options;
    o.epochs = 9, o.patience = 3, o.keep_best = true;
    auto const hooks = [&](auto& t, std::vector<std::vector<float>>& seen) {
      return sidera::training_hooks{.held_out = [&] {
        seen.push_back(m.numbers());
        return figures[t.epoch()];
      }};
    };
    std::vector<std::vector<float>> seen;
    sidera::trainer t(m.store, samples, o, rule);
    if (interrupt == 0) {
      auto const& r = t.fit(m.on_batch(), hooks(t, seen));
      CHECK(r.end == sidera::training_end::no_improvement);
      CHECK(r.epochs.size() == 5);
      CHECK(r.best_epoch == 1);
      CHECK(m.numbers() == seen[1]);
      CHECK(seen[1] != seen[4]);
      return;
    }
    o.epochs = interrupt;
    sidera::trainer first(m.store, samples, o, rule);
    (void)first.fit(m.on_batch(), {.held_out = [&] { return figures[first.epoch()]; },
                                   .progress =
                                       [&](auto const& r) {
                                         if (r.iteration == interrupt) save_checkpoint(temporary_file("best"), first);
                                       }});
    load_checkpoint(temporary_file("best"), t);
    CHECK(t.fit(m.on_batch(), hooks(t, seen)).epochs.size() == 5);
    std::filesystem::remove(temporary_file("best"));
  };
  model straight;
  run(straight, 0);
  for (std::size_t const interrupt : {std::size_t{2}, std::size_t{4}}) {
    model resumed;
    run(resumed, interrupt);
    CHECK(resumed.numbers() == straight.numbers());
  }
}

TEST_CASE("what cannot be trained is refused and changes nothing") {
  model m;
  CHECK_THROWS_AS(sidera::trainer(m.store, 0, options), sidera::value_error);
  CHECK_THROWS_AS(sidera::trainer(m.store, samples, {.batch = 0}), sidera::value_error);
  CHECK_THROWS_AS(sidera::trainer(m.store, samples, {.max_gradient_norm = -1}), sidera::value_error);
  CHECK_THROWS_AS(sidera::trainer(m.store, samples, {.schedule = nullptr}), sidera::value_error);
  CHECK_THROWS_AS(sidera::trainer(m.store, samples, {}, rule, {}, {"no group"}), sidera::value_error);
  sidera::trainer t(m.store, samples, options, rule);
  (void)t.step(m.on_batch());
  auto const before = m.numbers();
  auto const broken = [&](tape<float>& tp, rows_view rows, pass p) {
    return m.loss(tp, rows, p) * std::numeric_limits<double>::quiet_NaN();
  };
  CHECK_THROWS_WITH_AS((void)t.fit(broken), "trainer: the loss of epoch 0, batch 1 is not finite", sidera::value_error);
  CHECK_THROWS_AS((void)t.fit([](tape<float>& tp, rows_view, pass) { return tp.constant(1.0f); }), sidera::value_error);
  CHECK(m.numbers() == before);
  CHECK(t.steps() == 1);

  sidera::field_set fields;
  t.to_fields(fields);
  sidera::trainer other(m.store, samples, {.batch = 16, .seed = 7}, rule);
  CHECK_THROWS_AS(other.from_fields(fields), sidera::value_error);
  sidera::trainer slower(m.store, samples, options, sidera::sgd{});
  CHECK_THROWS_AS(slower.from_fields(fields), sidera::value_error);
  for (auto const& entry : fields.tensors) {
    sidera::field_set damaged = fields;
    damaged.tensors.erase(entry.first);
    CAPTURE(entry.first);
    CHECK_THROWS_AS(t.from_fields(damaged), sidera::value_error);
  }
  fields.tensors["trainer.batch"] = {{1}, std::vector<std::int64_t>{99}};
  CHECK_THROWS_AS(t.from_fields(fields), sidera::value_error);
  CHECK(m.numbers() == before);
  CHECK(t.steps() == 1);
}

TEST_CASE("a finite loss with a gradient that is not finite moves nothing") {
  sidera::parameters<float> store;
  auto const w = store.add("w", 1, 1), v = store.add("v", 1, 1);
  store.value(v)(0, 0) = 1;
  for (double const clip : {0., 1.}) {
    sidera::trainer t(store, 4, {.epochs = 3, .batch = 4, .max_gradient_norm = clip}, sidera::adam{});
    auto const length = [&](tape<float>& on, rows_view, pass) { return sum(sqrt(square(on[w])) + square(on[v])); };
    CHECK_THROWS_WITH_AS(t.fit(length), "optimizer::step: the gradient of \"w\" is not finite in row 0",
                         sidera::value_error);
    CHECK(t.steps() == 0);
    CHECK(t.batch() == 0);
    CHECK(store.value(w)(0, 0) == 0);
    CHECK(store.value(v)(0, 0) == 1);
  }
}
