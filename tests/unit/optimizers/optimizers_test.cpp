// SPDX-License-Identifier: MIT
#include <laws/golden.hpp>
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/optimizers/gradient_clipping.hpp>
#include <sidera/optimizers/optimizer.hpp>
#include <sidera/optimizers/schedules.hpp>

using sidera::matrix;

namespace {

std::string const root = laws::golden_folder("optimisers");

/// Ten full-batch steps of least squares; rows are the iterates.
template <class Rule, class Factor>
matrix<double> iterates(Rule rule, Factor factor, double clip = 0) {
  matrix<double> const a = laws::golden_matrix(root + "A"), b = laws::golden_matrix(root + "b");
  sidera::parameters<double> store;
  auto const w = store.add("w", 1, 5);
  store.value(w) = laws::golden_matrix(root + "w0");
  sidera::optimizer<double, Rule> optimizer(store, rule);
  sidera::tape<double> t(store);
  matrix<double> all(11, 5);
  all.row(0) = store.value(w).row(0);
  for (sidera::index_t i = 0; i < 10; ++i) {
    t.reset();
    store.clear_gradients();
    t.backward(mean(square(matmul_nt(t[w], t.refer(a)) - t.refer(b))));
    if (clip > 0) sidera::clip_gradient_norm(store, clip);
    optimizer.step(store, factor(optimizer.steps()));
    all.row(i + 1) = store.value(w).row(0);
  }
  return all;
}

void golden(std::string const& name, matrix<double> const& w) {
  CAPTURE(name);
  CHECK(laws::golden_error(w, laws::golden_matrix(root + name + "_w")) < 1e-10);
}

/// Fills a store with normal numbers.
template <class T>
void randomise(sidera::parameters<T>& store, std::uint64_t seed) {
  for (std::size_t i = 0; i < store.size(); ++i) {
    auto value = store.value({i});
    for (sidera::index_t j = 0; j < value.size(); ++j)
      value.data()[j] = static_cast<T>(sidera::random_stream(seed, i).normal(static_cast<std::uint64_t>(j)));
  }
}

}  // namespace

TEST_CASE("Adam: gradients whose squares overflow move a parameter like any others, and do not stop it for ever") {
  auto const trail = [](float large) {
    sidera::parameters<float> store;
    auto const w = store.add("w", 1, 2);
    store.value(w).setOnes();
    sidera::optimizer<float> optimizer(store);
    for (float const g : {large, -large, large, large, 1e-3f, 1e-3f}) {
      sidera::tape<float> t(store);
      store.clear_gradients();
      t.backward(sum(t[w] * t.constant(matrix<float>{{g, -g}})));
      optimizer.step(store);
    }
    return std::pair<double, double>(store.value(w)(0, 0), store.value(w)(0, 1));
  };
  auto const huge = trail(1e30f), fitting = trail(1e18f);
  CHECK(huge.first == doctest::Approx(fitting.first).epsilon(1e-6));
  CHECK(huge.second == doctest::Approx(fitting.second).epsilon(1e-6));
  CHECK(huge.first < 1 - 5e-4);
  CHECK(huge.second > 1 + 5e-4);
}

TEST_CASE("golden: optimisers") {
  sidera::constant_rate const same;
  golden("adam_lr0.05", iterates(sidera::adam{.learning_rate = 0.05}, same));
  golden("adam_lr4e-4", iterates(sidera::adam{.learning_rate = 4e-4}, same));
  golden("adam_lr0.05_wd0.01", iterates(sidera::adam{.learning_rate = 0.05, .weight_decay = 0.01}, same));
  golden("adamw_lr0.05_wd0.1", iterates(sidera::adamw{.learning_rate = 0.05, .weight_decay = 0.1}, same));
  golden("sgd_lr0.05_mom0.9", iterates(sidera::sgd{.learning_rate = 0.05, .momentum = 0.9}, same));
  sidera::milestones const halved{.at = {3, 6}, .factor = 0.5};
  golden("adam_multistep_clip", iterates(sidera::adam{.learning_rate = 0.1}, halved, 0.5));
  matrix<double> const rates = laws::golden_matrix(root + "adam_multistep_clip_lr");
  for (std::size_t i = 0; i < 10; ++i) CHECK(0.1 * halved(i) == doctest::Approx(rates.data()[i]).epsilon(1e-15));
}

TEST_CASE("golden: clipping") {
  for (std::string const kind : {"above", "below"}) {
    CAPTURE(kind);
    std::string const path = root + "grad_clip/" + kind;
    sidera::parameters<double> store;
    sidera::parameter p[2];
    for (std::size_t i = 0; i < 2; ++i) {
      matrix<double> const g = laws::golden_matrix(path + "_g" + std::to_string(i));
      p[i] = store.add("p" + std::to_string(i), static_cast<std::size_t>(g.rows()), static_cast<std::size_t>(g.cols()));
    }
    sidera::tape<double> t(store);
    for (std::size_t i = 0; i < 2; ++i) t[p[i]].add_gradient(laws::golden_matrix(path + "_g" + std::to_string(i)));
    double const norm = sidera::clip_gradient_norm(store, 0.5);
    CHECK(norm == doctest::Approx(laws::golden_matrix(path + "_norm")(0, 0)).epsilon(1e-12));
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(laws::golden_error(store.gradient(p[i]), laws::golden_matrix(path + "_clipped" + std::to_string(i))) <
            1e-10);
  }
}

TEST_CASE("clipping by prefix leaves the other modules alone") {
  sidera::parameters<double> store;
  auto const a = store.add("audio.w", 1, 2), v = store.add("video.w", 1, 2);
  sidera::tape<double> t(store);
  t[a].add_gradient(matrix<double>::Constant(1, 2, 3));
  t[v].add_gradient(matrix<double>::Constant(1, 2, 4));
  CHECK(sidera::clip_gradient_norm(store, 1, "audio.") == doctest::Approx(std::sqrt(18.0)));
  CHECK(store.gradient(a).norm() == doctest::Approx(1).epsilon(1e-6));
  CHECK(store.gradient(v)(0, 0) == 4);
  CHECK_THROWS_AS(sidera::clip_gradient_norm(store, 0), sidera::value_error);
}

TEST_CASE("a row-sparse table is trained like a dense one when every row is touched, and else only where it is") {
  for (bool const all_rows : {true, false}) {
    sidera::parameters<double> sparse, dense;
    auto const s = sparse.add_table("table", 5, 3), d = dense.add("table", 5, 3);
    randomise(sparse, 1);
    randomise(dense, 1);
    matrix<double> const start = sparse.value(s);
    sidera::optimizer<double> of_sparse(sparse), of_dense(dense);
    sidera::code_matrix ids(3, 2);
    ids << 0, 1, 2, 3, 4, 0;
    if (!all_rows) ids << 0, 1, 1, 3, 3, sidera::no_code;
    for (int step = 0; step < 4; ++step) {
      auto const train = [&](auto& store, auto& optimizer, auto p) {
        sidera::tape<double> t(store);
        store.clear_gradients();
        t.backward(sum(square(embedding_sum(t[p], ids))));
        optimizer.step(store);
      };
      train(sparse, of_sparse, s);
      train(dense, of_dense, d);
      CHECK(sparse.gradient(s) == dense.gradient(d));
      CHECK(sidera::gradient_norm(sparse) == doctest::Approx(sidera::gradient_norm(dense)).epsilon(1e-14));
    }
    CHECK(sparse.value(s) == dense.value(d));
    CHECK((sparse.value(s).row(2) == start.row(2)) == !all_rows);
  }
}

TEST_CASE("a saved optimizer continues bit for bit") {
  sidera::parameters<float> store;
  auto const w = store.add("w", 7, 9), table = store.add_table("table", 4, 5);
  randomise(store, 5);
  sidera::optimizer<float, sidera::adamw> optimizer(store, {.learning_rate = 0.1});
  auto const step = [&](auto& s, auto& o) {
    sidera::tape<float> t(s);
    s.clear_gradients();
    sidera::code_matrix const ids = sidera::code_matrix::Constant(2, 1, static_cast<sidera::code_t>(o.steps() % 4));
    t.backward({{sum(square(t[w])), 1.0f}, {sum(square(embedding_sum(t[table], ids))), 0.5f}});
    o.step(s);
  };
  for (int i = 0; i < 3; ++i) step(store, optimizer);
  sidera::field_set fields;
  store.to_fields(fields, "model.");
  optimizer.to_fields(fields);
  sidera::parameters<float> other;
  other.add("w", 7, 9);
  other.add_table("table", 4, 5);
  sidera::optimizer<float, sidera::adamw> resumed(other, {.learning_rate = 0.1});
  other.from_fields(fields, "model.");
  resumed.from_fields(fields);
  for (int i = 0; i < 3; ++i) step(store, optimizer), step(other, resumed);
  CHECK(store.value(w) == other.value(w));
  CHECK(store.value(table) == other.value(table));
  CHECK(resumed.steps() == 6);

  sidera::optimizer<float, sidera::sgd> wrong(other);
  CHECK_THROWS_AS(wrong.from_fields(fields), sidera::value_error);
  other.add("late", 3, 3);
  CHECK_THROWS_AS(resumed.step(other), sidera::shape_error);
}

TEST_CASE("groups are optimised separately and in any number of threads alike") {
  sidera::parameters<float> store;
  auto const main = store.add("w", 300, 200), club = store.add("club.w", 3, 3, "club");
  randomise(store, 9);
  auto threaded = store;
  sidera::thread_pool pool(4);
  auto const train = [&](sidera::parameters<float>& s, sidera::executor_ref executor) {
    sidera::optimizer<float> optimizer(s, {}, {"main"});
    for (int i = 0; i < 3; ++i) {
      sidera::tape<float> t(s, executor);
      s.clear_gradients();
      t.backward({{mean(square(t[main])), 1.0f}, {mean(square(t[club])), 1.0f}});
      optimizer.step(s, 1, executor);
    }
  };
  matrix<float> const before = store.value(club);
  train(store, {});
  train(threaded, pool);
  CHECK(store.value(club) == before);
  CHECK(store.value(main) == threaded.value(main));
  CHECK_THROWS_AS(sidera::optimizer<float>(store, {}, {"no such group"}), sidera::value_error);
}

TEST_CASE("a gradient that is not finite moves nothing: no parameter, no moment, no count") {
  sidera::parameters<float> store;
  store.add("first", 200, 200);
  auto const w = store.add("w", 5, 3), absent = store.add("absent", 2, 2), other = store.add("other", 1, 1, "other");
  auto const table = store.add_table("table", 9, 4);
  randomise(store, 3);
  sidera::thread_pool pool(3);
  sidera::optimizer<float> optimizer(store, {}, {"main", "tables"});
  auto const state = [&] {
    sidera::field_set fields;
    store.to_fields(fields);
    optimizer.to_fields(fields);
    std::map<std::string, sidera::tensor::data_type> numbers;
    for (auto const& [name, tensor] : fields.tensors) numbers[name] = tensor.data;
    return numbers;
  };
  auto const gradients = [&](auto const& spoil) {
    sidera::tape<float> t(store);
    store.clear_gradients();
    matrix<float> of_w = matrix<float>::Ones(5, 3), of_rows = matrix<float>::Ones(2, 4), of_other(1, 1);
    spoil(of_w, of_rows, of_other);
    t[w].add_gradient(of_w);
    t[other].add_gradient(of_other);
    auto const rows = t[table];
    for (std::size_t const r : {7u, 2u}) {
      rows.touch_row(r);
      rows.gradient().row(sidera::index_t(r)) += of_rows.row(r == 7 ? 0 : 1);
    }
  };
  gradients([](auto&, auto&, auto&) {});
  optimizer.step(store);
  auto const before = state();
  auto const refused = [&](char const* message, auto const& spoil) {
    for (auto const& executor : {sidera::executor_ref(), sidera::executor_ref(pool)}) {
      gradients(spoil);
      CHECK_THROWS_WITH_AS(optimizer.step(store, 1, executor), message, sidera::value_error);
      CHECK(state() == before);
      CHECK(optimizer.steps() == 1);
    }
  };
  float const inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  refused("optimizer::step: the gradient of \"w\" is not finite in row 4",
          [&](auto& g, auto&, auto&) { g(4, 1) = nan; });
  refused("optimizer::step: the gradient of \"w\" is not finite in row 0",
          [&](auto& g, auto&, auto&) { g(0, 0) = -inf; });
  refused("optimizer::step: the gradient of \"table\" is not finite in row 2",
          [&](auto&, auto& g, auto&) { g(1, 3) = inf; });
  gradients([&](auto&, auto&, auto& g) { g(0, 0) = nan; });  // nobody steps along it
  CHECK_NOTHROW(optimizer.step(store));

  store.clear_gradients();  // what an earlier step left in memory does not count
  store.raw(absent).gradient[0] = nan;
  CHECK_NOTHROW(optimizer.step(store));
}

TEST_CASE("a group that is named twice is refused") {
  sidera::parameters<float> store;
  store.add("w", 1, 1);
  CHECK_THROWS_WITH_AS(sidera::optimizer<float>(store, {}, {"main", "main"}),
                       "optimizer: group \"main\" is named twice", sidera::value_error);
}

TEST_CASE("gradients whose squares leave the range are clipped like others") {
  auto const clipped = [](auto huge, auto small) {
    using T = decltype(huge);
    sidera::parameters<T> store;
    auto const a = store.add("a", 1, 40), b = store.add("b", 1, 2);
    sidera::tape<T> t(store);
    t[a].add_gradient(matrix<T>::Constant(1, 40, 0));
    matrix<T> g(1, 2);
    g << huge, small;
    t[b].add_gradient(g);
    double const norm = sidera::clip_gradient_norm(store, 10);
    CHECK(norm / double(huge) == doctest::Approx(std::hypot(1, double(small) / double(huge))).epsilon(1e-6));
    CHECK(store.gradient(b)(0, 0) == doctest::Approx(10 / std::hypot(1, double(small) / double(huge))).epsilon(1e-6));
    CHECK(store.gradient(b)(0, 1) / store.gradient(b)(0, 0) == doctest::Approx(double(small / huge)).epsilon(1e-6));
    CHECK(store.gradient(a).isZero(0));
  };
  clipped(3e19f, 1e19f);
  clipped(3e38f, 3e38f);
  clipped(4e154, 3e154);
}

TEST_CASE("a norm that is no number leaves the gradients as they are, so that the step can name the one at fault") {
  sidera::parameters<float> store;
  auto const a = store.add("a", 1, 1), b = store.add("b", 1, 1);
  sidera::tape<float> t(store);
  t[a].add_gradient(matrix<float>::Constant(1, 1, 5));
  for (float const bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    t[b].add_gradient(matrix<float>::Constant(1, 1, bad));
    CHECK_FALSE(std::isfinite(sidera::clip_gradient_norm(store, 1)));
    CHECK(store.gradient(a)(0, 0) == 5);
  }
}

TEST_CASE("schedules") {
  CHECK(sidera::step_decay{.period = 3, .factor = 0.5}(2) == 1);
  CHECK(sidera::step_decay{.period = 3, .factor = 0.5}(6) == 0.25);
  sidera::cosine_decay const cosine{.steps = 10, .floor = 0.1};
  CHECK(cosine(0) == 1);
  CHECK(cosine(5) == doctest::Approx(0.55));
  CHECK(cosine(10) == 0.1);
  CHECK(cosine(1000) == 0.1);
  sidera::warm_up<sidera::cosine_decay> const warm{.steps = 4, .after = cosine};
  CHECK(warm(0) == 0.25);
  CHECK(warm(3) == 1);
  CHECK(warm(4) == 1);
  CHECK(warm(9) == doctest::Approx(0.55));
}

TEST_CASE("optimizer: numbers that make no rule are refused, when it is made and before a step") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  sidera::parameters<double> store;
  auto const w = store.add("w", 1, 2);
  store.value(w) << 1, 2;
  auto const refused = [&](auto rule, char const* text) {
    CHECK_THROWS_WITH_AS((sidera::optimizer<double, decltype(rule)>(store, rule)), doctest::Contains(text),
                         sidera::value_error);
  };
  for (double const odd : {nan, infinity, -0.1}) {
    refused(sidera::sgd{.learning_rate = odd}, "learning_rate");
    refused(sidera::sgd{.momentum = odd}, "sgd: momentum");
    refused(sidera::sgd{.weight_decay = odd}, "sgd: weight_decay");
    refused(sidera::adam{.learning_rate = odd}, "learning_rate");
    refused(sidera::adam{.beta1 = odd}, "adam: beta1");
    refused(sidera::adam{.beta2 = odd}, "adam: beta2");
    refused(sidera::adam{.epsilon = odd}, "adam: epsilon");
    refused(sidera::adamw{.weight_decay = odd}, "adamw: weight_decay");
  }
  refused(sidera::sgd{.momentum = 1}, "less than 1");
  refused(sidera::adamw{.beta2 = 1}, "less than 1");
  refused(sidera::adam{.epsilon = 0}, "above 0");

  sidera::optimizer<double, sidera::adam> optimizer(store);
  for (double const factor : {nan, infinity, -1.0})
    CHECK_THROWS_WITH_AS(optimizer.step(store, factor), doctest::Contains("learning_rate times factor"),
                         sidera::value_error);
  optimizer.rule().epsilon = nan;
  CHECK_THROWS_AS(optimizer.step(store), sidera::value_error);
  CHECK(optimizer.steps() == 0);
  CHECK((store.value(w)(0, 0) == 1 && store.value(w)(0, 1) == 2));
  optimizer.rule().epsilon = 1e-8;
  CHECK_NOTHROW(optimizer.step(store, 0));
}
