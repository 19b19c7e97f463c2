// SPDX-License-Identifier: MIT
/// \file  Several sources in the words of one quantizer, some of them with more weight.
#include <laws/quantizer_laws.hpp>
#include <laws/thrown.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/quantizers/shared_view_quantizer.hpp>

namespace shared_views {  // named, and around the tests: other files of the module have texts, too

using namespace sidera;

constexpr std::size_t items = 60, width = 4, groups = 6;

/// Item i lies near centre i % groups in both sources; the second one is moved by the same step everywhere.
matrix<float> behaviour() {
  return laws::clustered<float>(items, width, groups, 3, 0.05);
}
matrix<float> text() {
  matrix<float> x = laws::clustered<float>(items, width, groups, 3, 0.05).rowwise().reverse();
  return (behaviour().rowwise() + row_vector<float>::Constant(width, 0.2f)) + 0.02f * x;
}
std::vector<view<float>> sources() {
  return {{"behaviour", behaviour()}, {"text", text()}};
}

residual_quantizer<> two_levels(std::size_t levels = 2) {
  return residual_quantizer({.levels = levels, .words = groups, .restarts = 4, .seed = 5});
}
auto shared(std::map<std::string, std::size_t> weights = {}, std::size_t levels = 2) {
  return shared_view_quantizer<residual_quantizer<>>(two_levels(levels), std::move(weights));
}

matrix<float> stacked(matrix<float> const& above, matrix<float> const& below) {
  matrix<float> all(above.rows() + below.rows(), above.cols());
  all << above, below;
  return all;
}

TEST_CASE("Sources of weight 1 share the words of their stacked rows, bit for bit, and have codes of their own") {
  auto model = shared();
  auto rq = two_levels();
  auto const report = model.fit(sources());
  auto const expected = rq.fit(stacked(behaviour(), text()));
  CHECK(report.codes == expected.codes);
  CHECK(laws::same_fields(model.quantizer().fields(), rq.fields()));
  auto const codes = model.encode(sources());
  CHECK(stacked(codes.at("behaviour").cast<float>(), codes.at("text").cast<float>()) == expected.codes.cast<float>());
  CHECK(codes.at("behaviour") != codes.at("text"));
}

TEST_CASE("A weight is that many copies; a source of weight 0 is encoded and changes no word") {
  auto model = shared({{"text", 2}});
  auto rq = two_levels();
  (void)model.fit(sources());
  (void)rq.fit(stacked(behaviour(), stacked(text(), text())));
  CHECK(laws::same_fields(model.quantizer().fields(), rq.fields()));

  auto silent = shared({{"text", 0}});
  (void)silent.fit(sources());
  (void)rq.fit(behaviour());
  CHECK(laws::same_fields(silent.quantizer().fields(), rq.fields()));
  CHECK(silent.encode(sources()).at("text") == rq.encode(text()));
}

TEST_CASE("A word is the weighted mean of its group, and with a large weight that of behaviour alone") {
  auto const group_mean = [](matrix<float> const& x, index_t group) {
    row_vector<double> sum = row_vector<double>::Zero(x.cols());
    for (index_t i = group; i < x.rows(); i += static_cast<index_t>(groups)) sum += x.row(i).cast<double>();
    return row_vector<double>(sum * (static_cast<double>(groups) / static_cast<double>(items)));
  };
  for (std::size_t const weight : {1u, 3u, 200u}) {
    CAPTURE(weight);
    auto model = shared({{"behaviour", weight}}, 1);
    (void)model.fit(sources());
    auto const codes = model.encode(sources()).at("behaviour");
    matrix<float> const& words = model.quantizer().level(0).search.words;
    double const share = 1 / static_cast<double>(weight + 1);
    for (index_t g = 0; g < static_cast<index_t>(groups); ++g) {
      row_vector<double> const own = group_mean(behaviour(), g), other = group_mean(text(), g);
      row_vector<double> const word = words.row(codes(g, 0)).cast<double>();
      CHECK((word - (1 - share) * own - share * other).cwiseAbs().maxCoeff() < 1e-5);
      CHECK(((word - own).norm() < 0.01) == (weight == 200));  // 0.2 per column, shared out
    }
  }
}

TEST_CASE("Shared words do not depend on threads, and a saved model gives the same codes") {
  auto model = shared({{"behaviour", 3}}), other = model, loaded = shared();
  thread_pool pool(3);
  CHECK(model.fit(sources()).codes == other.fit(sources(), pool).codes);
  CHECK(laws::same_fields(model.fields(), other.fields()));
  auto const bytes = serialise_fields(model.fields());
  loaded.load(parse_fields(std::as_bytes(std::span(bytes))));
  CHECK(loaded.encode(sources()) == model.encode(sources(), pool));
  CHECK(loaded.weights() == model.weights());
  CHECK(laws::same_fields(loaded.fields(), model.fields()));
  auto const fields = model.fields();
  for (auto const& entry : fields.metadata) {
    if (entry.first == "words.update_rule") continue;  // told for information
    auto damaged = fields;
    damaged.metadata.erase(entry.first);
    CAPTURE(entry.first);
    CHECK_THROWS_AS(loaded.load(damaged), value_error);
  }
  CHECK(laws::same_fields(loaded.fields(), model.fields()));  // load changes nothing when it throws
}

TEST_CASE("Items that lack a source train no word there and have no code") {
  auto views = sources();
  views[1].present.assign(items, true);
  for (std::size_t i = 0; i < items; i += 7) {
    views[1].present[i] = false;
    views[1].x.row(static_cast<index_t>(i)).setConstant(std::numeric_limits<float>::quiet_NaN());
  }
  auto model = shared();
  auto const report = model.fit(views);
  CHECK(row_count(report.codes) == 2 * items - views[1].missing());
  auto const codes = model.encode(views);
  for (std::size_t i = 0; i < items; ++i) {
    CHECK((codes.at("text")(static_cast<index_t>(i), 0) == no_code) == (i % 7 == 0));
    CHECK(codes.at("behaviour")(static_cast<index_t>(i), 0) >= 0);
  }
  auto const alone = model.encode({{"unknown", behaviour()}});  // words are not tied to names
  CHECK(alone.at("unknown") == codes.at("behaviour"));
}

TEST_CASE("Sources that cannot share words are named") {
  auto model = shared();
  CHECK_THROWS_AS((void)model.encode(sources()), not_fitted_error);
  auto views = sources();
  views[1].x = views[1].x.leftCols(3).eval();
  CHECK_THROWS_WITH_AS((void)model.fit(views),
                       "shared_view_quantizer::fit: view \"text\" has 3 columns, view \"behaviour\" has 4",
                       shape_error);
  views = sources();
  views[0].x(7, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(laws::row_of_error([&] { (void)model.fit(views); }) == 7);
  auto other = shared({{"audio", 2}});
  CHECK_THROWS_WITH_AS((void)other.fit(sources()), doctest::Contains("\"audio\""), value_error);
  auto none = shared({{"text", 0}, {"behaviour", 0}});
  CHECK_THROWS_WITH_AS((void)none.fit(sources()), doctest::Contains("weight 0"), value_error);
  CHECK_THROWS_AS((void)shared({{"text", 1'000'001}}), value_error);
  CHECK(!model.fitted());
  (void)model.fit(sources());
  CHECK_THROWS_AS((void)model.encode({{"wide", stacked(behaviour().transpose(), behaviour().transpose()).transpose()}}),
                  shape_error);
}

}  // namespace shared_views
