// SPDX-License-Identifier: MIT
/// \file  Every quantizer keeps the laws of its concept, with the policies that change its training.
#include <laws/quantizer_laws.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/optimized_rotation.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

using namespace sidera;

namespace {
// More rows than one block of the executor, so that threads have something to share.
matrix<float> rows() {
  return laws::clustered<float>(1100, 7, 20, 1, 0.5);
}

void keeps_laws(any_quantizer<> const& prototype, laws::quantizer_traits traits = {}) {
  laws::quantizer_laws(prototype, rows(), traits);
}
}  // namespace

TEST_CASE("Laws of quantizers: residual quantizers") {
  SUBCASE("RQ") {
    keeps_laws(residual_quantizer({.levels = 3, .words = 8}));
  }
  SUBCASE("PSRQ") {
    keeps_laws(
        residual_quantizer({.levels = 3, .words = 8}, squared_euclidean{}, lloyd{}, prefix_residual{.weight = 1}));
  }
  SUBCASE("PSRQ trained and encoded with a beam") {
    keeps_laws(residual_quantizer({.levels = 3, .words_per_level = {8, 4, 6}, .beam = 3}, squared_euclidean{}, lloyd{},
                                  prefix_residual{.weight = 0.5}));
  }
  SUBCASE("cosine") {
    keeps_laws(residual_quantizer({.levels = 3, .words = 8}, cosine{}));
  }
  SUBCASE("Manhattan") {
    keeps_laws(residual_quantizer({.levels = 2, .words = 5}, manhattan{}));
  }
}

TEST_CASE("Laws of quantizers: a metric with parameters is loaded with the model") {
  auto const x = rows();
  weighted_squared_euclidean const metric{{100, 0, 0, 1e-3, 2, 2, 9}};
  auto const survives = [&](auto model, auto loaded) {
    keeps_laws(model);
    model.fit(x);
    loaded.load(model.fields());
    CHECK(loaded.encode(x) == model.encode(x));
    CHECK(laws::same_fields(loaded.fields(), model.fields()));
  };
  using metric_type = weighted_squared_euclidean;
  survives(residual_quantizer({.levels = 2, .words = 16}, metric), residual_quantizer<metric_type>());
  survives(vector_quantizer({.words = 16}, metric), vector_quantizer<metric_type>());
  survives(product_quantizer({.subspaces = 1, .words = 16}, metric), product_quantizer<metric_type>());
  survives(any_quantizer<>(vector_quantizer({.words = 16}, metric)), any_quantizer<>(vector_quantizer<metric_type>()));
}

TEST_CASE("Weights belong to the columns of the data, in prefixes and in groups of columns as well") {
  // With roots of weights that are powers of two, weighing is multiplying the data, to the bit.
  auto const x = rows();
  std::vector<double> const weights{4, 0.25, 1, 16, 1, 4, 64};
  matrix<float> scaled = x;
  for (index_t d = 0; d < x.cols(); ++d)
    scaled.col(d) *= static_cast<float>(std::sqrt(weights[static_cast<std::size_t>(d)]));
  auto const same_codes = [&](auto weighted, auto plain) {
    auto const by_weights = weighted.fit(x), by_scale = plain.fit(scaled);
    CHECK(by_weights.codes == by_scale.codes);
    CHECK(weighted.encode(x) == plain.encode(scaled));
    auto loaded = decltype(weighted)();
    loaded.load(weighted.fields());
    CHECK(loaded.encode(x) == weighted.encode(x));
  };
  weighted_squared_euclidean const metric{weights};
  residual_quantizer_options const levels{.levels = 3, .words = 8};
  same_codes(residual_quantizer(levels, metric, lloyd{}, prefix_residual{}),
             residual_quantizer(levels, squared_euclidean{}, lloyd{}, prefix_residual{}));
  product_quantizer_options const groups{.subspaces = 3, .words = 8};
  same_codes(product_quantizer(groups, metric), product_quantizer(groups));
  CHECK_THROWS_AS(product_quantizer(groups, weighted_squared_euclidean{{1, 2, 3, 4, 5, 6, 7, 8}}).fit(x), shape_error);
}

TEST_CASE("Laws of quantizers: vector quantizers and update rules") {
  SUBCASE("mini-batches") {
    keeps_laws(vector_quantizer({.words = 9, .iterations = 4}, squared_euclidean{}, mini_batch{.batch_size = 128}));
  }
  SUBCASE("moving averages") {
    keeps_laws(
        vector_quantizer({.words = 9, .iterations = 4}, squared_euclidean{}, ema{.decay = 0.9, .batch_size = 100}));
  }
  SUBCASE("balanced") {
    keeps_laws(vector_quantizer({.words = 9}, squared_euclidean{}, balanced{}), {.trains_with_nearest_words = false});
  }
}

TEST_CASE("Laws of quantizers: product quantizers") {
  SUBCASE("PQ with groups of unequal width") {
    keeps_laws(product_quantizer({.subspaces = 3, .words = 6}));
  }
  SUBCASE("OPQ") {
    keeps_laws(
        product_quantizer({.subspaces = 2, .words = 6}, squared_euclidean{}, lloyd{}, optimized_rotation{.rounds = 3}));
  }
}

TEST_CASE("A product quantizer makes nothing of sizes that its words do not have") {
  product_quantizer model({.subspaces = 2, .words = 8});
  (void)model.fit(rows());
  auto const fields = model.fields();
  for (auto const& [groups, dim] : {std::pair("2000000000", "2000000000"), std::pair("2", "2000000000"),
                                    std::pair("3", "7"), std::pair("1", "7"), std::pair("2", "6")}) {
    auto damaged = fields;
    damaged.metadata["subspaces"] = groups;
    damaged.metadata["dim"] = dim;
    CHECK_THROWS_AS(model.load(damaged), argument_error);
  }
  CHECK(laws::same_fields(model.fields(), fields));
}

TEST_CASE("Cosine training never raises the distortion, whatever the lengths of the rows") {
  auto x = rows();
  for (index_t i = 0; i < x.rows(); ++i) x.row(i) *= static_cast<float>(1 + i % 100);
  double last = std::numeric_limits<double>::infinity();
  std::size_t seen = 0;
  observer const watch = [&](iteration_report const& r) {
    if (r.level > 0) return;
    CHECK(r.objective <= last * (1 + 1e-6));
    last = r.objective;
    ++seen;
  };
  residual_quantizer model({.levels = 1, .words = 12}, cosine{});
  (void)model.fit(x, {}, watch);
  CHECK(seen > 3);
}

TEST_CASE("A rule with a memory is not stopped by codes that repeat while its words still move") {
  auto const x = laws::clustered<float>(300, 7, 6, 3, 0.05);  // fewer rows than a batch: every pass sees all rows
  vector_quantizer slow({.words = 6, .iterations = 400}, squared_euclidean{}, ema{.decay = 0.9, .epsilon = 0});
  vector_quantizer<> exact({.words = 6, .iterations = 400});
  auto const a = slow.fit(x), b = exact.fit(x);
  CHECK(a.levels[0].iterations > b.levels[0].iterations);
  CHECK(a.codes == b.codes);
  CHECK((slow.words() - exact.words()).cwiseAbs().maxCoeff() < 1e-4);
  CHECK(a.levels[0].objective == doctest::Approx(b.levels[0].objective).epsilon(1e-4));
}

TEST_CASE("balanced: the cells of training have floor(N / K) or one more rows; encoding stays near") {
  for (index_t const n : {90, 94, 99}) {
    matrix<float> const x = rows().topRows(n);
    vector_quantizer model({.words = 9}, squared_euclidean{}, balanced{});
    auto const report = model.fit(x);
    for (code_t j = 0; j < 9; ++j) {
      auto const members = (report.codes.array() == j).count();
      CHECK(members >= n / 9);
      CHECK(members <= (n + 8) / 9);
    }
  }
}

TEST_CASE("nearest_words: the first is the code, and more words than there are is refused") {
  auto const x = rows();
  vector_quantizer<> model({.words = 9});
  CHECK_THROWS_AS((void)model.nearest_words(x, 1), not_fitted_error);
  (void)model.fit(x);
  code_matrix const near = model.nearest_words(x, 9);
  CHECK(near.leftCols(1) == model.encode(x));
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t k = 1; k < 9; ++k)
      CHECK((x.row(i) - model.words().row(near(i, k))).squaredNorm() >=
            (x.row(i) - model.words().row(near(i, k - 1))).squaredNorm() * (1 - 1e-5f));
  CHECK_THROWS_AS((void)model.nearest_words(x, 10), value_error);
}

TEST_CASE("Levels and groups that do not exist are refused, before fitting and after") {
  auto const x = rows();
  residual_quantizer residual({.levels = 2, .words = 5});
  product_quantizer<> product({.subspaces = 2, .words = 5});
  CHECK_THROWS_AS((void)residual.level(0), not_fitted_error);
  CHECK_THROWS_AS((void)residual.word_count(0), not_fitted_error);
  CHECK_THROWS_AS((void)product.part(0), not_fitted_error);
  CHECK_THROWS_AS((void)product.word_count(0), not_fitted_error);
  (void)residual.fit(x);
  (void)product.fit(x);
  CHECK(residual.word_count(1) == 5);
  CHECK(product.word_count(1) == 5);
  CHECK_THROWS_AS((void)residual.level(2), value_error);
  CHECK_THROWS_AS((void)residual.word_count(2), value_error);
  CHECK_THROWS_AS((void)product.part(2), value_error);
  CHECK_THROWS_AS((void)product.word_count(2), value_error);
}

TEST_CASE("The errors of a vector quantizer are its own, and keep type and row") {
  auto const refused = [](auto const& error, char const* function, auto const& call) {
    try {
      call();
      FAIL("not refused");
    } catch (std::decay_t<decltype(error)> const& e) {
      CHECK(e.function() == function);
      CHECK(std::string_view(e.what()).find("residual_quantizer:") == std::string_view::npos);
    }
  };
  value_error const value("", "");
  shape_error const shape("", "");
  not_fitted_error const unfitted("", "");
  auto const x = rows();
  auto with_nan = x;
  with_nan(3, 1) = std::numeric_limits<float>::quiet_NaN();
  vector_quantizer<> model({.words = 9});
  refused(value, "vector_quantizer_options", [] { vector_quantizer<>({.words = 0}); });
  refused(shape, "vector_quantizer::fit", [&] { (void)model.fit(x.topRows(5)); });
  refused(unfitted, "vector_quantizer::encode", [&] { (void)model.encode(x); });
  refused(unfitted, "vector_quantizer::decode", [&] { (void)model.decode(code_matrix::Zero(1, 1)); });
  refused(unfitted, "vector_quantizer::fields", [&] { (void)model.fields(); });
  refused(unfitted, "vector_quantizer::level", [&] { (void)model.words(); });
  refused(unfitted, "vector_quantizer::word_count", [&] { (void)model.word_count(); });
  field_set other;
  other.metadata["model"] = "product_quantizer";
  refused(value, "vector_quantizer::load", [&] { model.load(other); });
  refused(shape, "vector_quantizer::set_words", [&] { model.set_words({}); });
  refused(value, "vector_quantizer::set_words", [&] { model.set_words(with_nan); });
  (void)model.fit(x);
  refused(shape, "vector_quantizer::encode", [&] { (void)model.encode(x.leftCols(2)); });
  refused(shape, "vector_quantizer::nearest_words", [&] { (void)model.nearest_words(x.leftCols(2), 1); });
  refused(value, "vector_quantizer::decode", [&] { (void)model.decode(code_matrix::Constant(1, 1, 9)); });
  try {
    (void)model.fit(with_nan);
    FAIL("not refused");
  } catch (value_error const& e) {
    CHECK(e.row() == 3);
    CHECK(std::string_view(e.what()) == "vector_quantizer::fit: x row 3 has a NaN in column 1");
  }
}

TEST_CASE("Product codes: one per group of columns; the optimised rotation is orthogonal and lowers the error") {
  matrix<float> const mix = laws::gaussian<float>(7, 7, 21);
  matrix<float> const x = rows() * mix;  // groups of columns are far from independent
  product_quantizer plain({.subspaces = 2, .words = 8});
  product_quantizer turned({.subspaces = 2, .words = 8}, squared_euclidean{}, lloyd{},
                           optimized_rotation{.rounds = 10});
  auto const a = plain.fit(x), b = turned.fit(x);
  CHECK(plain.part(0).dim() == 4);  // 7 = 4 + 3
  CHECK(plain.part(1).dim() == 3);
  CHECK(b.levels.back().relative_error < a.levels.back().relative_error);
  auto const& q = turned.rotation();
  CHECK((q * q.transpose() - matrix<float>::Identity(7, 7)).cwiseAbs().maxCoeff() < 1e-4f);
  CHECK(plain.encode(x).col(1) == plain.part(1).encode(x.rightCols(3)).col(0));
  product_quantizer wide({.subspaces = 8, .words = 8});
  CHECK_THROWS_AS((void)wide.fit(x), shape_error);
  CHECK_THROWS_AS(product_quantizer({.subspaces = 0}), value_error);
}

// Policies without data take no room.
namespace {
struct padded : squared_euclidean {
  double number = 0;
};
}  // namespace
static_assert(sizeof(residual_quantizer<padded, lloyd>) >= sizeof(residual_quantizer<>) + sizeof(double));
static_assert(std::is_empty_v<additive_residual> && std::is_empty_v<relocate_far> &&
              std::is_empty_v<coordinate_median>);
