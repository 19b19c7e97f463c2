// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <numeric>
#include <sidera/communicators/threads.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/interest/feature_factorization.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/interest/ranker_trainer.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/training/spread_batches.hpp>

namespace {

using sidera::code_t;
using sidera::index_t;

constexpr std::size_t item_count = 50;

sidera::item_view random_view(std::string name, std::uint64_t seed, bool gaps = false) {
  sidera::item_view view{std::move(name), sidera::code_matrix(item_count, 2), {7, 9}};
  sidera::random_stream const random(seed);
  for (std::size_t i = 0; i < item_count; ++i)
    for (std::size_t l = 0; l < 2; ++l)
      view.codes(static_cast<index_t>(i), static_cast<index_t>(l)) =
          gaps && i % 10 == 3 ? sidera::no_code : static_cast<code_t>(random.below(2 * i + l, view.words[l]));
  return view;
}

sidera::ranker_layout layout() {
  return sidera::mcca_layout(item_count, {random_view("text", 1), random_view("audio", 2, true)},
                             random_view("joint", 3));
}

sidera::ranking_samples random_samples(std::size_t n, std::size_t time = 6) {
  sidera::random_stream const random(9);
  sidera::ranking_samples s;
  s.questions.history.resize(static_cast<index_t>(n), static_cast<index_t>(time));
  for (index_t i = 0; i < s.questions.history.size(); ++i) {
    auto const draw = random.below(static_cast<std::uint64_t>(i), item_count + 10);
    s.questions.history.data()[i] = draw < item_count ? static_cast<code_t>(draw) : sidera::no_code;
  }
  for (std::size_t i = 0; i < n; ++i) {
    s.questions.target.push_back(static_cast<code_t>(random.fork(1).below(i, item_count)));
    s.questions.user.push_back(static_cast<code_t>(i % 11));
    // One answer per user and item, so that every kind of model can learn all of them.
    auto const pair = static_cast<std::uint64_t>(s.questions.target.back()) * 11 + i % 11;
    s.label.push_back(static_cast<code_t>(random.fork(2).below(pair, 2)));
  }
  return s;
}

template <class Model>
std::vector<float> numbers(Model const& model) {
  std::vector<float> all;
  for (auto const& group : model.store().groups()) all.insert(all.end(), group.values.begin(), group.values.end());
  return all;
}

template <class Model, class Gradient = sidera::whole_batch>
double trained_loss(Model& model, std::size_t epochs, sidera::executor_ref executor = {},
                    Gradient const& gradient = {}) {
  sidera::ranker_trainer trainer(model, {.batch = 32, .learning_rate = 5e-3, .seed = 2});
  auto const samples = random_samples(130);
  double loss = 0;
  for (std::size_t e = 0; e < epochs; ++e) loss = trainer.epoch(model, samples, executor, gradient);
  return loss;
}

}  // namespace

static_assert(sidera::RankingModel<sidera::ranker<float>>);
static_assert(sidera::RankingModel<sidera::feature_factorization<float>>);

TEST_CASE("a ranker learns labels by heart, with the same bits for every number of threads") {
  sidera::ranker<float> model(layout(), {.dim = 8, .hidden = {16}, .seed = 1});
  sidera::ranker<float> other = model;
  sidera::thread_pool pool(3);
  double const loss = trained_loss(model, 60);
  CHECK(loss < .1);
  CHECK(trained_loss(other, 60, pool) == loss);
  CHECK(numbers(other) == numbers(model));
}

TEST_CASE("ranks that share the batches end with the same ranker, bit for bit, however many they are") {
  sidera::ranker<float> const start(layout(), {.dim = 8, .hidden = {16}, .dropout = 0.3, .seed = 1});
  for (std::size_t const piece : {std::size_t{5}, std::size_t{32}}) {
    CAPTURE(piece);
    std::vector<float> expected;
    double loss = 0;
    for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
      CAPTURE(ranks);
      std::vector<sidera::ranker<float>> models(ranks, start);
      std::vector<double> losses(ranks);
      sidera::run_ranks(ranks, [&](sidera::thread_communicator const& c) {
        sidera::thread_pool pool(1 + c.rank() % 2);
        losses[c.rank()] = trained_loss(models[c.rank()], 3, pool, sidera::shared_batches(c, piece));
      });
      if (ranks == 1) expected = numbers(models[0]), loss = losses[0];
      for (std::size_t r = 0; r < ranks; ++r) {
        CHECK(losses[r] == loss);
        CHECK(numbers(models[r]) == expected);
      }
    }
    CHECK(expected != numbers(start));
  }
}

TEST_CASE("a training of rankers that was saved between epochs goes on bit for bit, from a file too") {
  auto const samples = random_samples(130);
  auto const goes_on = [&](auto const& start) {
    sidera::ranker_training const how{.batch = 32, .learning_rate = 5e-3, .seed = 2};
    auto whole = start, first = start, second = start;
    sidera::ranker_trainer all(whole, how), before(first, how), after(second, how);
    for (int e = 0; e < 4; ++e) (void)all.epoch(whole, samples);
    for (int e = 0; e < 2; ++e) (void)before.epoch(first, samples);
    sidera::field_set saved;
    before.to_fields(saved, first);
    std::string const bytes = sidera::serialise_fields(saved);
    after.from_fields(sidera::parse_fields(sidera::as_byte_span(bytes)), second);
    for (int e = 0; e < 2; ++e) (void)after.epoch(second, samples);
    CHECK(numbers(second) == numbers(whole));
    CHECK(numbers(second) != numbers(first));

    auto const refused = [&](sidera::ranker_training const& other, sidera::field_set const& f) {
      auto model = start;
      sidera::ranker_trainer trainer(model, other), untouched(model, other);
      CHECK_THROWS_AS(trainer.from_fields(f, model), sidera::argument_error);
      CHECK(numbers(model) == numbers(start));
      auto copy = model;
      CHECK(trainer.epoch(model, samples) == untouched.epoch(copy, samples));
      CHECK(numbers(model) == numbers(copy));
    };
    refused({.batch = 16, .seed = 2}, saved);
    refused({.batch = 32, .seed = 3}, saved);
    for (auto const& tensor : saved.tensors) {
      CAPTURE(tensor.first);
      auto damaged = saved;
      damaged.tensors.erase(tensor.first);
      refused(how, damaged);
    }
  };
  goes_on(sidera::ranker<float>(layout(), {.dim = 8, .hidden = {16}, .dropout = 0.3, .seed = 1}));
  goes_on(sidera::feature_factorization<float>(sidera::matrix<float>::Random(item_count, 5), 11, 8));
}

TEST_CASE("a ranker from shared batches is that from whole ones, but for rounding") {
  sidera::ranker<float> whole(layout(), {.dim = 8, .hidden = {16}, .seed = 1}), pieces = whole;
  double const a = trained_loss(whole, 2);
  double b = 0;
  sidera::run_ranks(1, [&](auto const& c) { b = trained_loss(pieces, 2, {}, sidera::shared_batches(c, 7)); });
  CHECK(a == doctest::Approx(b).epsilon(1e-4));
  auto const x = numbers(whole), y = numbers(pieces);
  CHECK(x != y);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) <= 1e-2f * (1 + std::abs(x[i])));
}

namespace {

sidera::ranking_samples samples_between(sidera::ranking_samples const& all, std::size_t from, std::size_t to) {
  std::vector<std::size_t> which(to - from);
  std::iota(which.begin(), which.end(), from);
  sidera::ranking_samples some{all.rows(which), {}};
  some.label.assign(all.label.begin() + std::ptrdiff_t(from), all.label.begin() + std::ptrdiff_t(to));
  return from == to ? sidera::ranking_samples() : some;
}

}  // namespace

TEST_CASE("samples that are spread over ranks: the ranker of one rank that holds all of them, bit for bit") {
  sidera::ranker<float> const start(layout(), {.dim = 8, .hidden = {16}, .dropout = 0.3, .seed = 1});
  auto const all = random_samples(130);
  sidera::ranker<float> expected = start;
  sidera::serial_communicator const alone;
  double const loss = trained_loss(expected, 3, {}, sidera::shared_batches(alone, 5));
  CHECK(numbers(expected) != numbers(start));
  std::vector<std::vector<std::size_t>> const cuts{{0, 130}, {0, 100, 130}, {0, 7, 7, 130}, {0, 0, 1, 90, 130}};
  for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
    CAPTURE(ranks);
    std::vector<std::size_t> const& cut = cuts[ranks - 1];
    sidera::run_ranks(ranks, [&](sidera::thread_communicator const& c) {
      auto const own = samples_between(all, cut[c.rank()], cut[c.rank() + 1]);
      sidera::ranker<float> model = start;
      sidera::ranker_trainer trainer(model, {.batch = 32, .learning_rate = 5e-3, .seed = 2});
      sidera::thread_pool pool(1 + c.rank() % 2);
      double last = 0;
      for (int e = 0; e < 3; ++e) last = trainer.epoch(model, own, pool, sidera::spread_batches(c, 5));
      CHECK(last == loss);
      CHECK(numbers(model) == numbers(expected));
    });
  }
}

namespace {

/// What three ranks are told, all the same by an E, when rank 1 has a sample, options or pieces that do not fit.
template <class E>
std::string told_rankers(std::function<void(sidera::ranking_samples&, sidera::ranker_training&, std::size_t&)> spoil) {
  sidera::ranker<float> const start(layout(), {.dim = 4, .hidden = {8}});
  auto const all = random_samples(30);
  std::vector<std::string> messages(3);
  sidera::run_ranks(3, [&](sidera::thread_communicator const& c) {
    auto own = samples_between(all, 10 * c.rank(), 10 * c.rank() + 10);
    sidera::ranker_training training{.batch = 8};
    std::size_t piece = 3;
    if (c.rank() == 1) spoil(own, training, piece);
    sidera::ranker<float> model = start;
    sidera::ranker_trainer trainer(model, training);
    try {
      (void)trainer.epoch(model, own, {}, sidera::spread_batches(c, piece));
    } catch (E const& e) {
      messages[c.rank()] = e.what();
    }
    CHECK(numbers(model) == numbers(start));
  });
  CHECK(messages[1] == messages[0]);
  CHECK(messages[2] == messages[0]);
  return messages[0];
}

}  // namespace

TEST_CASE("samples that are spread over ranks: what one rank cannot bring is the same error on every rank") {
  using sidera::ranker_training;
  using sidera::ranking_samples;
  using sidera::shape_error;
  using sidera::value_error;
  std::string const where = "ranker_trainer::epoch: ";
  CHECK(told_rankers<shape_error>([](ranking_samples& s, ranker_training&, std::size_t&) {
          s.questions.history.conservativeResize(10, 5);
        }) == where + "rank 1 has histories of 5 places, the ones before of 6");
  CHECK(told_rankers<shape_error>([](ranking_samples& s, ranker_training&, std::size_t&) {
          s.questions.user.pop_back();
        }) == where + "rank 1: there are 9 users and 10 labels");
  CHECK(told_rankers<shape_error>([](ranking_samples& s, ranker_training&, std::size_t&) {
          s.questions.target.clear();
        }) == where + "rank 1: there are 0 targets and 10 labels");
  CHECK(told_rankers<shape_error>([](ranking_samples& s, ranker_training&, std::size_t&) {
          s.questions.history.conservativeResize(9, 6);
        }) == where + "rank 1: there are 9 histories and 10 labels");
  CHECK(told_rankers<value_error>([](ranking_samples& s, ranker_training&, std::size_t&) {
          s.questions.target[4] = 77;
        }) == where + "rank 1: row 4: target 77 of 50 items");
  std::string const other = where + "rank 1 has other training options, epochs behind it or pieces than rank 0";
  CHECK(told_rankers<value_error>([](ranking_samples&, ranker_training& t, std::size_t&) { t.batch = 9; }) == other);
  CHECK(told_rankers<value_error>([](ranking_samples&, ranker_training&, std::size_t& p) { p = 4; }) == other);
}

TEST_CASE("samples that are spread over ranks: none at all are an epoch without steps") {
  sidera::ranker<float> const start(layout(), {.dim = 4, .hidden = {8}});
  sidera::run_ranks(2, [&](auto const& c) {
    auto model = start;
    sidera::ranker_trainer trainer(model);
    CHECK(trainer.epoch(model, {}, {}, sidera::spread_batches(c, 4)) == 0);
    CHECK(numbers(model) == numbers(start));
  });
}

TEST_CASE("samples without users are refused before the first step, where they used to be read beyond their end") {
  sidera::ranker<float> model(layout(), {.dim = 4, .hidden = {8}});
  sidera::ranking_samples const samples{{sidera::code_matrix::Zero(2, 3), {0, 1}, {}}, {1, 0}};
  CHECK_THROWS_WITH_AS((void)sidera::ranker_trainer(model).epoch(model, samples),
                       "ranker_trainer::epoch: there are 0 users and 2 labels", sidera::shape_error);
}

TEST_CASE("a loss that is no number ends the training of a ranker on every rank, and nothing has moved") {
  sidera::ranker<float> broken(layout(), {.dim = 4, .hidden = {8}});
  broken.store().value(broken.store().find("tower.1.bias")).setConstant(std::numeric_limits<float>::infinity());
  auto const refuses = [&](auto const& gradient) {
    auto model = broken;
    CHECK_THROWS_WITH_AS(trained_loss(model, 1, {}, gradient), doctest::Contains("not finite"), sidera::value_error);
    CHECK(numbers(model) == numbers(broken));
  };
  refuses(sidera::whole_batch{});
  sidera::run_ranks(2, [&](auto const& c) { refuses(sidera::shared_batches(c, 8)); });
}

TEST_CASE("equal seeds give equal rankers, others differ") {
  CHECK(numbers(sidera::ranker<float>(layout(), {.seed = 1})) == numbers(sidera::ranker<float>(layout(), {.seed = 1})));
  CHECK(numbers(sidera::ranker<float>(layout(), {.seed = 1})) != numbers(sidera::ranker<float>(layout(), {.seed = 2})));
}

TEST_CASE("a saved ranker scores bit for bit like the one that was saved, tiers included") {
  sidera::matrix<float> features(item_count, 3);
  for (index_t i = 0; i < features.size(); ++i)
    features.data()[i] = static_cast<float>(sidera::random_stream(4).normal(static_cast<std::uint64_t>(i)));
  sidera::ranker<float> model(layout(), {.dim = 8, .hidden = {16, 4}}, {}, {{features, 2 * features}, 5});
  trained_loss(model, 2);
  auto const bytes = sidera::serialise_fields(model.fields());
  auto const loaded = sidera::ranker<float>::from_fields(sidera::parse_fields(std::as_bytes(std::span(bytes))));
  auto const questions = random_samples(90).questions;
  CHECK(loaded.score(questions) == model.score(questions));
  CHECK(loaded.layout().interests.size() == 4);
  using other_pooling = sidera::ranker<float, sidera::dot_attention>;
  CHECK_THROWS_AS(static_cast<void>(other_pooling::from_fields(model.fields())), sidera::value_error);
  auto damaged = model.fields();
  damaged.tensors.erase("parameters.tower.0.weight");
  CHECK_THROWS_AS(static_cast<void>(sidera::ranker<float>::from_fields(damaged)), sidera::argument_error);
}

TEST_CASE("the sizes of a saved ranker are held against its tensors before memory is asked for") {
  auto const fields = sidera::ranker<float>(layout(), {.dim = 8, .hidden = {16, 4}}).fields();
  CHECK_NOTHROW(static_cast<void>(sidera::ranker<float>::from_fields(fields)));
  auto const refuses = [](sidera::field_set const& f) {
    CHECK_THROWS_AS(static_cast<void>(sidera::ranker<float>::from_fields(f)), sidera::argument_error);
  };
  using numbers = std::vector<std::int64_t>;
  for (numbers const& sizes : {numbers{4, 1'000'000, 1'000'000}, numbers{1'000'000, 16, 4}, numbers{8, 16, 1'000'000},
                               numbers{8, 16, 4, 1'000'000}, numbers{8, 16}, numbers{4, 32, 4}}) {
    CAPTURE(sizes[0]);
    auto f = fields;
    f.put("sizes", sizes);
    refuses(f);
  }
  for (numbers const& words : {numbers{7, 1'000'000'000'000}, numbers{7, std::int64_t{1} << 62}, numbers{7, 10},
                               numbers{std::int64_t{1} << 62, std::int64_t{1} << 62}}) {
    CAPTURE(words[1]);
    auto f = fields;
    f.put("views.text.words", words);
    refuses(f);
  }
  auto f = fields;  // 2^32 x 2^32 codes would be 0 of them, and 2^60 x 0 no levels
  f.tensors["views.text.codes"] = {{std::size_t{1} << 32, std::size_t{1} << 32}, std::vector<std::int32_t>{}};
  refuses(f);
  f.tensors["views.text.codes"].shape = {std::size_t{1} << 60, 0};
  f.put("views.text.words", numbers{});
  refuses(f);
}

TEST_CASE("the score of a candidate does not depend on the others, bit for bit") {
  sidera::ranker<float> const model(layout(), {.dim = 8, .hidden = {16}});
  std::vector<code_t> const history{4, 8, sidera::no_code, 15}, candidates{1, 2, 3, 40, 41, 8, 9};
  auto const all = model.score(sidera::candidates_of(history, candidates));
  REQUIRE(all.size() == candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i)
    CHECK(model.score(sidera::candidates_of(history, std::span(candidates).subspan(i, 1))).front() == all[i]);
  CHECK(all[0] != all[1]);
  CHECK(model.score(sidera::candidates_of(history, {})).empty());
}

TEST_CASE("padding and the order of the history: no part is taken by padding, whatever the pooling") {
  std::vector<code_t> const candidates{1, 2}, plain{4, 8, 15}, padded{-1, 4, -1, 8, 15, -1, -1, -1, -1, -1};
  auto const check = [&](auto pooling) {
    sidera::ranker<float, decltype(pooling)> const model(layout(), {.dim = 8, .hidden = {16}}, pooling);
    CHECK(model.score(sidera::candidates_of(plain, candidates)) ==
          model.score(sidera::candidates_of(padded, candidates)));
    auto const empty = model.score(sidera::candidates_of({}, candidates));
    auto const blank = model.score(sidera::candidates_of(std::vector<code_t>(5, sidera::no_code), candidates));
    CHECK(empty == blank);
    CHECK(std::isfinite(empty[0]));
  };
  check(sidera::din_attention<>{});
  check(sidera::din_attention<sidera::softmax_weights>{3});
  check(sidera::dot_attention{});
  check(sidera::projected_attention{2});
}

TEST_CASE("with raw weights the order of a history changes no bit") {
  sidera::ranker<float> const model(layout(), {.dim = 8, .hidden = {16}});
  std::vector<code_t> const candidates{1, 2}, history{4, 8, 15, 23, 4, 42}, another{42, 4, 4, 23, 8, 15};
  CHECK(model.score(sidera::candidates_of(history, candidates)) ==
        model.score(sidera::candidates_of(another, candidates)));
}

TEST_CASE("items without codes in a view look the same there") {
  sidera::parameters<float> store;
  sidera::code_embedding<> const embedding(store, "audio", random_view("audio", 2, true), 4, sidera::random_stream(1));
  sidera::tape<float> t(std::as_const(store));
  std::vector<code_t> const ids{3, 13, 4};
  auto const e = embedding(t, ids);
  CHECK(e.value().row(0).isZero());
  CHECK(e.value().row(1).isZero());
  CHECK(!e.value().row(2).isZero());
}

TEST_CASE("items of a view with few words are sums of these; other views have no use for that") {
  sidera::parameters<float> store;
  sidera::code_embedding<> const few(store, "audio", random_view("audio", 2, true), 4, sidera::random_stream(1)),
      own(store, "id", sidera::item_numbers(item_count), 4, sidera::random_stream(1));
  sidera::tape<float> t(std::as_const(store));
  std::vector<code_t> const ids{3, 13, 4, 40, 41, 4};
  auto const e = few.sums(t, ids);
  CHECK(e.count == 2);
  CHECK(e.rows.rows() <= 6);
  CHECK((e.sums().value().array() == few(t, ids).value().array()).all());
  auto const numbers = own.sums(t, ids);
  CHECK(numbers.count == 0);
  CHECK((numbers.sums().value().array() == own(t, ids).value().array()).all());
}

TEST_CASE("the different items of histories, among few items and among many") {
  sidera::code_matrix history(2, 4);
  history << 7, 2, sidera::no_code, 7, 9, sidera::no_code, 2, 0;
  for (std::size_t const items : {std::size_t{10}, std::size_t{100'000}}) {
    sidera::history_items const found(history, items);
    CHECK(found.items == std::vector<code_t>{0, 2, 7, 9});
    CHECK(found.places == std::vector<code_t>{2, 1, sidera::no_code, 2, 3, sidera::no_code, 1, 0});
  }
  CHECK(sidera::history_items(sidera::code_matrix::Constant(2, 3, sidera::no_code), 10).items.empty());
}

TEST_CASE("levels side by side and projected") {
  sidera::parameters<double> store;
  auto const view = random_view("text", 1);
  sidera::code_embedding<sidera::project_levels> const embedding(store, "text", view, 4, sidera::random_stream(1),
                                                                 sidera::normal_weights{1});
  sidera::tape<double> t(std::as_const(store));
  std::vector<code_t> const ids{7};
  auto const table = store.value(store.find("text.table"));
  auto const w = store.value(store.find("text.projection.weight"));
  sidera::matrix<double> const expected =
      table.row(view.codes(7, 0)) * w.topRows(4) + table.row(7 + view.codes(7, 1)) * w.bottomRows(4);
  CHECK((embedding(t, ids).value() - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("rankers refuse what they cannot rank") {
  sidera::ranker<float> const model(layout(), {.dim = 4, .hidden = {}});
  auto const refuses = [&](std::vector<code_t> history, code_t target) {
    CHECK_THROWS_AS(static_cast<void>(model.score(sidera::candidates_of(history, std::vector<code_t>{target}))),
                    sidera::value_error);
  };
  refuses({1, 50}, 3), refuses({1, -2}, 3), refuses({1}, 50), refuses({1}, -1);
  CHECK_THROWS_AS(sidera::ranker<float>(sidera::ranker_layout{}), sidera::value_error);
  auto bad = layout();
  bad.target.push_back("video");
  CHECK_THROWS_AS(sidera::ranker<float>{bad}, sidera::value_error);
  bad = layout();
  bad.views[0].codes(5, 1) = 9;
  CHECK_THROWS_WITH_AS(sidera::ranker<float>{bad}, doctest::Contains("item 5"), sidera::value_error);
  bad = layout();
  bad.views[1].codes.conservativeResize(49, 2);
  CHECK_THROWS_AS(sidera::ranker<float>{bad}, sidera::shape_error);
}

TEST_CASE("factorisation with features learns labels by heart") {
  sidera::matrix<float> features(item_count, 6);
  for (index_t i = 0; i < features.size(); ++i)
    features.data()[i] = static_cast<float>(sidera::random_stream(4).normal(static_cast<std::uint64_t>(i)));
  sidera::feature_factorization<float> model(features, 11, 8);
  double const loss = trained_loss(model, 200);
  CHECK(loss < .1);
  auto const samples = random_samples(130);
  auto const scores = model.score(samples.questions);
  CHECK(scores.size() == 130);
}

TEST_CASE("a factorisation refuses users that do not exist") {
  sidera::feature_factorization<float> const model(sidera::matrix<float>::Ones(5, 3), 4, 2);
  sidera::ranking_batch questions{sidera::code_matrix(2, 0), {0, 1}, {3, 0}};
  CHECK_NOTHROW((void)model.score(questions));
  questions.user[1] = sidera::no_code;
  CHECK_THROWS_WITH_AS((void)model.score(questions), "feature_factorization: row 1: user -1 of 4 users",
                       sidera::value_error);
  questions.user[1] = 4;
  CHECK_THROWS_WITH_AS((void)model.score(questions), "feature_factorization: row 1: user 4 of 4 users",
                       sidera::value_error);
  questions.user.pop_back();
  CHECK_THROWS_WITH_AS((void)model.score(questions), "feature_factorization: there are 1 users and 2 targets",
                       sidera::shape_error);
  questions.user = {0, 0}, questions.target[0] = -1;
  CHECK_THROWS_WITH_AS((void)model.score(questions), "feature_factorization: row 0: target -1 of 5 items",
                       sidera::value_error);
}

TEST_CASE("a saved factorisation scores bit for bit like the one that was saved") {
  sidera::matrix<float> features(item_count, 6);
  for (index_t i = 0; i < features.size(); ++i)
    features.data()[i] = static_cast<float>(sidera::random_stream(4).normal(static_cast<std::uint64_t>(i)));
  sidera::feature_factorization<float> model(features, 11, 8);
  trained_loss(model, 2);
  auto const bytes = sidera::serialise_fields(model.fields());
  auto const read = sidera::parse_fields(std::as_bytes(std::span(bytes)));
  auto const loaded = sidera::feature_factorization<float>::from_fields(read);
  auto const questions = random_samples(90).questions;
  CHECK(loaded.score(questions) == model.score(questions));
  CHECK(sidera::feature_factorization<float>(features, 11, 8).score(questions) != model.score(questions));
  CHECK(loaded.users() == 11);
  CHECK(loaded.items() == item_count);
  CHECK_THROWS_AS(static_cast<void>(sidera::ranker<float>::from_fields(model.fields())), sidera::value_error);

  auto const refuses = [&](auto const& damage) {
    auto fields = model.fields();
    damage(fields);
    CHECK_THROWS_AS(static_cast<void>(sidera::feature_factorization<float>::from_fields(fields)),
                    sidera::argument_error);
  };
  refuses([](auto& f) { f.tensors.erase("parameters.visual"); });
  refuses([](auto& f) { f.tensors.erase("features"); });
  refuses([](auto& f) { f.put("sizes", std::vector<std::int64_t>{11}); });
  refuses([](auto& f) { f.put("sizes", std::vector<std::int64_t>{12, 8}); });
  refuses([](auto& f) { f.put("sizes", std::vector<std::int64_t>{-11, 8}); });
  refuses([](auto& f) { f.put("sizes", std::vector<std::int64_t>{0, 1'000'000}); });  // before memory is asked for
  refuses([](auto& f) { f.put("features", sidera::matrix<float>(sidera::matrix<float>::Zero(item_count - 1, 6))); });
}

TEST_CASE("labels that are neither 0 nor 1 are refused before the first step, on every rank") {
  sidera::ranker<float> model(layout(), {.dim = 4, .hidden = {4}});
  auto const before = numbers(model);
  for (code_t const label : {2, -1}) {
    auto samples = random_samples(20);
    samples.label[7] = label;
    CHECK_THROWS_WITH_AS(
        (void)sidera::ranker_trainer(model).epoch(model, samples),
        ("ranker_trainer::epoch: row 7 has label " + std::to_string(label) + ", expected 0 or 1").c_str(),
        sidera::value_error);
    sidera::run_ranks(2, [&](auto const& c) {
      auto own = model;
      auto const mine = c.rank() == 1 ? samples : random_samples(20);
      CHECK_THROWS_WITH_AS((void)sidera::ranker_trainer(own).epoch(own, mine, {}, sidera::spread_batches(c, 8)),
                           doctest::Contains("row 7 has label"), sidera::value_error);
    });
  }
  CHECK(numbers(model) == before);
}

TEST_CASE("numbers of rankers and trainings that make no sense are refused when these are made") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  auto const refuses = [](sidera::ranker_options const& options, char const* why) {
    CHECK_THROWS_WITH_AS(sidera::ranker<float>(layout(), options), why, sidera::value_error);
  };
  refuses({.dim = 0}, "ranker: dim is 0, expected at least 1");
  refuses({.hidden = {0}}, "ranker: hidden[0] is 0, expected at least 1");
  refuses({.hidden = {8, 0, 4}}, "ranker: hidden[1] is 0, expected at least 1");
  refuses({.dropout = nan}, "ranker: dropout is nan, expected 0 <= dropout < 1");
  refuses({.dropout = -.5}, "ranker: dropout is -0.5, expected 0 <= dropout < 1");
  refuses({.dropout = 1}, "ranker: dropout is 1, expected 0 <= dropout < 1");
  refuses({.embedding_deviation = nan}, "ranker: embedding_deviation is nan, expected a finite number >= 0");

  sidera::ranker<float> const model(layout(), {.dim = 4, .hidden = {}});
  for (double const number : {nan, infinity, -1e-3}) {
    CAPTURE(number);
    CHECK_THROWS_WITH_AS(sidera::ranker_trainer(model, {.learning_rate = number}),
                         doctest::Contains("ranker_trainer: learning_rate is"), sidera::value_error);
    CHECK_THROWS_WITH_AS(sidera::ranker_trainer(model, {.weight_decay = number}),
                         doctest::Contains("ranker_trainer: weight_decay is"), sidera::value_error);
  }
  CHECK_THROWS_WITH_AS(sidera::ranker_trainer(model, {.learning_rate = -.5}),
                       "ranker_trainer: learning_rate is -0.5, expected a finite number >= 0", sidera::value_error);
  CHECK_NOTHROW(sidera::ranker_trainer(model, {.learning_rate = 0}));
}

TEST_CASE("fields of another model, or of a ranker with another pooling: the error names both") {
  sidera::feature_factorization<float> const other(sidera::matrix<float>::Random(5, 3), 4, 2);
  CHECK_THROWS_WITH_AS((void)sidera::ranker<float>::from_fields(other.fields()),
                       "ranker::from_fields: the fields are those of a \"feature_factorization\", not of a \"ranker\"",
                       sidera::value_error);
  sidera::ranker<float, sidera::dot_attention> const dot(layout(), {.dim = 4, .hidden = {}});
  CHECK_THROWS_WITH_AS((void)sidera::ranker<float>::from_fields(dot.fields()),
                       ("ranker::from_fields: the fields are those of a \"ranker\" with pooling \"" +
                        sidera::policy_name<sidera::dot_attention>() + "\", not with \"" +
                        sidera::policy_name<sidera::din_attention<>>() + "\"")
                           .c_str(),
                       sidera::value_error);
}
