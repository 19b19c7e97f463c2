// SPDX-License-Identifier: MIT
/// \file  What a residual quantizer offers besides fit, encode and decode.
#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

#include "allocation_count.hpp"

using namespace sidera;

namespace {

matrix<float> sample() {
  return laws::clustered<float>(400, 6, 30, 3, 0.5);
}

residual_quantizer<> fitted(residual_quantizer_options const& options) {
  residual_quantizer<> model(options);
  (void)model.fit(sample());
  return model;
}

double squared_error(matrix<float> const& x, matrix<float> const& y) {
  return (x - y).cast<double>().squaredNorm();
}

bool equal_words(residual_quantizer<> const& a, residual_quantizer<> const& b, std::size_t level) {
  return a.level(level).search.words == b.level(level).search.words;
}

}  // namespace

TEST_CASE("Every level may have its own number of words") {
  auto const model = fitted({.levels = 3, .words_per_level = {4, 9, 2}});
  auto const codes = model.encode(sample());
  for (std::size_t l = 0; l < 3; ++l) {
    std::size_t const expected[] = {4, 9, 2};
    CHECK(model.word_count(l) == expected[l]);
    CHECK(codes.col(static_cast<index_t>(l)).maxCoeff() == static_cast<code_t>(expected[l] - 1));
  }
}

TEST_CASE("The seed decides the start and nothing else does") {
  auto const a = fitted({.levels = 2, .words = 8, .seed = 5}), b = fitted({.levels = 2, .words = 8, .seed = 5}),
             c = fitted({.levels = 2, .words = 8, .seed = 6});
  CHECK(equal_words(a, b, 1));
  CHECK(!equal_words(a, c, 0));
}

TEST_CASE("Encoding the first levels gives the first columns, and decoding takes them") {
  auto const model = fitted({.levels = 3, .words = 8});
  auto const x = sample();
  auto const codes = model.encode(x);
  for (std::size_t levels = 1; levels <= 3; ++levels) {
    code_matrix const part = model.encode(x, encode_options{.levels = levels});
    CHECK(part == codes.leftCols(static_cast<index_t>(levels)));
    CHECK(model.decode(part).rows() == x.rows());
  }
  CHECK_THROWS_AS((void)model.encode(x, encode_options{.levels = 4}), value_error);
}

TEST_CASE("A row ends at its first missing code; a code without a word is refused with its row") {
  auto const model = fitted({.levels = 2, .words = 8});
  code_matrix codes(3, 2);
  codes << 1, no_code, no_code, 3, 2, 5;
  auto const back = model.decode(codes);
  CHECK(back.row(0) == model.level(0).explained.row(1));
  CHECK(back.row(1).isZero(0));
  codes(2, 1) = 8;
  CHECK(laws::row_of_error([&] { (void)model.decode(codes); }) == 2);
  CHECK_THROWS_AS((void)model.decode(code_matrix::Zero(1, 3)), shape_error);
}

TEST_CASE("A beam of one is the greedy encoder") {
  auto const model = fitted({.levels = 4, .words = 6});
  auto const x = sample();
  code_matrix beam(x.rows(), 4);
  beam_search(model.encoder(), 1).encode(x, beam);
  CHECK(beam == model.encode(x));
}

namespace {

/// The encoder without its tables: the plain way.
template <class Encoder>
[[nodiscard]] Encoder without_tables(Encoder const& encoder, double weight) {
  Encoder plain(squared_euclidean{}, {weight}, encoder.dim());
  for (std::size_t l = 0; l < encoder.level_count(); ++l) plain.push_level(encoder.level(l));
  return plain;
}

/// All hypotheses of both ways, in blocks of rows that fit.
template <class T>
void check_beam(matrix<T> const& x, double weight, std::size_t words, std::size_t beam) {
  CAPTURE(weight);
  CAPTURE(beam);
  residual_quantizer<squared_euclidean, lloyd, prefix_residual, kmeans_plus_plus, relocate_far, T> model(
      {.levels = 4, .words = words, .iterations = 4, .seed = 3}, {}, {}, {weight});
  (void)model.fit(x);
  auto const plain = without_tables(model.encoder(), weight);
  REQUIRE(model.encoder().tables().usable());
  REQUIRE(!plain.tables().usable());
  for (index_t first = 0; first < x.rows(); first += 48) {
    matrix<T> const rows = x.middleRows(first, std::min<index_t>(48, x.rows() - first));
    code_matrix a, b;
    CHECK(beam_search(model.encoder(), beam).encode_all(rows, 4, a) == beam_search(plain, beam).encode_all(rows, 4, b));
    CHECK(a == b);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("A beam by tables keeps the hypotheses of the plain way", T, float, double) {
  auto x = laws::clustered<T>(300, 7, 40, 11, 0.4);
  x.row(5) = x.row(6);  // ties
  x.row(7).setZero();
  for (double const weight : {0.0, 0.5, 1.0})
    for (std::size_t const beam : {2u, 5u, 20u}) check_beam<T>(x, weight, 19, beam);
  check_beam<T>(x, 1, 3, 5);  // fewer words than hypotheses
  matrix<T> const far = (x.array() + T(1000)).matrix();
  for (double const weight : {0.0, 1.0}) check_beam<T>(far, weight, 19, 5);
  matrix<T> const grid = (x.array() * T(2)).round().matrix();  // many equal distances
  for (double const weight : {0.0, 1.0}) check_beam<T>(grid, weight, 19, 5);
}

TEST_CASE_TEMPLATE("A beam by tables and integers keeps the hypotheses of the plain way", T, float, double) {
  auto const x = laws::clustered<T>(300, 70, 40, 13, 0.4);
  for (double const weight : {0.0, 0.7})
    for (std::size_t const beam : {5u, 70u}) check_beam<T>(x, weight, 45, beam);
  matrix<T> const far = (x.array() + T(300)).matrix();
  for (double const weight : {0.0, 1.0}) check_beam<T>(far, weight, 45, 5);
  matrix<T> const grid = (x.array() * T(2)).round().matrix();
  for (double const weight : {0.0, 1.0}) check_beam<T>(grid, weight, 45, 5);
}

TEST_CASE_TEMPLATE("A beam by tables orders words that hardly differ as the plain way does", T, float, double) {
  constexpr std::size_t dim = 40, levels = 3;
  constexpr std::size_t pairs = 30;
  double const apart = std::is_same_v<T, float> ? 1e-7 : 1e-16;
  for (double const weight : {0.0, 0.7}) {
    prefix_residual const scheme{weight};
    residual_encoder<T, squared_euclidean, prefix_residual> fast({}, scheme, dim), plain({}, scheme, dim);
    for (std::size_t l = 0; l < levels; ++l) {
      matrix<T> const once = laws::gaussian<T>(pairs, scheme.width(dim, l), 50 + l);
      matrix<T> words(3 * once.rows(), once.cols());  // every word again, a little longer and a little shorter
      words << once, once * T(1 + 3 * apart), once * T(1 - 7 * apart);
      matrix<T> const explained = words.leftCols(dim);
      for (auto* const encoder : {&fast, &plain}) encoder->push_level({{words}, explained});
    }
    fast.prepare();
    REQUIRE(fast.tables().usable());
    matrix<T> const x = T(3) * laws::gaussian<T>(200, dim, 60);
    for (std::size_t const beam : {1u, 4u}) {
      code_matrix a, b;
      CHECK(beam_search(fast, beam).encode_all(x, levels, a) == beam_search(plain, beam).encode_all(x, levels, b));
      CHECK(a == b);
    }
  }
}

TEST_CASE("A beam by tables: rows out of the range of the scores go the plain way") {
  for (std::size_t const dim : {5u, 40u}) {
    CAPTURE(dim);
    auto x = laws::clustered<float>(60, dim, 10, 12, 0.4);
    residual_quantizer model({.levels = 3, .words = 6});
    (void)model.fit(x);
    x.row(0) *= 1e25f;
    x.row(1).setConstant(3e18f);
    x.row(2).setConstant(3e38f);  // scores are infinite or no numbers
    for (index_t d = 0; d < x.cols(); ++d) x(3, d) = d % 2 == 0 ? 3e38f : -3e38f;
    residual_encoder<float, squared_euclidean, additive_residual> by_levels({}, {}, dim);
    for (std::size_t l = 0; l < 3; ++l) by_levels.push_level(model.level(l));
    matrix<float> const far = x.topRows(4);
    code_matrix codes, expected;
    beam_search(model.encoder(), 4).encode_all(far, 3, codes);
    beam_search(by_levels, 4).encode_all(far, 3, expected);
    CHECK(codes == expected);
    CHECK(model.encode(x, encode_options{.beam = 4}).row(2) == expected.row(8));
  }
}

TEST_CASE("A wider beam lowers the error on average, in encoding and in training") {
  auto const model = fitted({.levels = 4, .words = 6});
  auto const x = sample(), other = laws::clustered<float>(400, 6, 30, 30, 0.5);
  for (auto const& data : {x, other}) {
    double const greedy = squared_error(data, model.decode(model.encode(data)));
    double const beam = squared_error(data, model.decode(model.encode(data, encode_options{.beam = 8})));
    CHECK(beam < greedy);
  }
  auto const trained = fitted({.levels = 4, .words = 6, .beam = 8});
  CHECK(squared_error(x, trained.decode(trained.encode(x))) < squared_error(x, model.decode(model.encode(x))));
}

TEST_CASE("top_codes: best first, all different, the first one is the beam's; every code where there are few") {
  auto const model = fitted({.levels = 2, .words = 3});
  auto const x = sample();
  code_matrix const best = model.top_codes(x, 9);  // all 3 * 3 codes
  REQUIRE(best.rows() == 9 * x.rows());
  code_matrix const beam = model.encode(x, encode_options{.beam = 9});
  for (index_t i = 0; i < x.rows(); ++i) {
    auto const mine = best.middleRows(9 * i, 9);
    CHECK(mine.row(0) == beam.row(i));
    int seen[9] = {};
    for (index_t k = 0; k < 9; ++k) ++seen[3 * mine(k, 0) + mine(k, 1)];
    CHECK(std::count(std::begin(seen), std::end(seen), 1) == 9);
    auto const back = model.decode(mine);
    for (index_t k = 1; k < 9; ++k)
      CHECK((x.row(i) - back.row(k)).squaredNorm() >= (x.row(i) - back.row(k - 1)).squaredNorm() * (1 - 1e-5f));
  }
  code_matrix const more = model.top_codes(x.topRows(2), 10);
  CHECK(more.row(9).maxCoeff() == no_code);  // there is no tenth
  CHECK(more.topRows(9) == best.topRows(9));
  CHECK_THROWS_AS((void)model.top_codes(x, 0), value_error);
  CHECK_THROWS_AS((void)model.top_codes(x, std::numeric_limits<std::size_t>::max()), value_error);
}

TEST_CASE("Frozen levels stay, those behind them are trained") {
  auto model = fitted({.levels = 3, .words = 8});
  auto const before = model;
  auto const other = laws::clustered<float>(300, 6, 9, 40, 0.5);
  model.freeze(2);
  auto const report = model.fit(other);
  CHECK(equal_words(model, before, 0));
  CHECK(equal_words(model, before, 1));
  CHECK(!equal_words(model, before, 2));
  CHECK(report.levels[0].stopped == stop_reason::frozen);
  CHECK(report.levels[2].stopped != stop_reason::frozen);
  CHECK(report.codes == model.encode(other));
  CHECK_THROWS_AS(model.freeze(4), value_error);
}

TEST_CASE("A warm start goes on from the words there are") {
  auto const x = sample();
  auto model = fitted({.levels = 2, .words = 8, .iterations = 100, .warm_start = true});
  auto const before = model;
  auto const again = model.fit(x);
  CHECK(again.levels[0].iterations <= 2);  // already at the fixed point
  CHECK(equal_words(model, before, 0));
  CHECK(equal_words(model, before, 1));
}

TEST_CASE("A model of given words can be trained on, whatever its options were") {
  residual_quantizer<> model({.levels = 1, .words_per_level = {4}});
  auto const donor = fitted({.levels = 2, .words_per_level = {5, 3}});
  model.set_levels({donor.level(0), donor.level(1)}, 6);
  model.freeze(1);
  auto const report = model.fit(sample());
  CHECK(report.levels.size() == 2);
  CHECK(model.word_count(1) == 3);
  CHECK_THROWS_AS(model.set_levels({}, 6), shape_error);
  auto damaged = donor.level(1);
  damaged.search.words(2, 0) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(model.set_levels({donor.level(0), damaged}, 6),
                       "residual_quantizer::set_levels: search words row 2 has an infinity in column 0", value_error);
  damaged = donor.level(1);
  damaged.explained(1, 5) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(model.set_levels({donor.level(0), damaged}, 6),
                       "residual_quantizer::set_levels: explained row 1 has a NaN in column 5", value_error);
}

TEST_CASE("The observer sees every iteration; the objective falls and ends at that of the report") {
  std::vector<iteration_report> seen;
  observer const watch = [&](iteration_report const& r) { seen.push_back(r); };
  residual_quantizer<> model({.levels = 2, .words = 8});
  auto const report = model.fit(sample(), {}, watch);
  REQUIRE(seen.size() == report.levels[0].iterations + report.levels[1].iterations);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].levels == 2);
    if (i > 0 && seen[i].level == seen[i - 1].level) {
      CHECK(seen[i].iteration == seen[i - 1].iteration + 1);
      CHECK(seen[i].objective <= seen[i - 1].objective * (1 + 1e-6));
    }
  }
  CHECK(seen.back().objective == doctest::Approx(report.levels[1].objective));
  CHECK(seen.back().perplexity == doctest::Approx(report.levels[1].perplexity));
  // Being watched changes nothing.
  CHECK(equal_words(model, fitted({.levels = 2, .words = 8}), 1));
}

TEST_CASE("An observer that throws ends the training and leaves the model as it was") {
  auto model = fitted({.levels = 2, .words = 8});
  auto const before = model;
  observer const stop = [](iteration_report const& r) {
    if (r.level == 1) throw std::runtime_error("enough");
  };
  CHECK_THROWS_WITH((void)model.fit(laws::gaussian<float>(50, 6, 4), {}, stop), "enough");
  CHECK(equal_words(model, before, 0));
  CHECK(equal_words(model, before, 1));
}

TEST_CASE("A tolerance ends the training early, but not before anything was learnt") {
  auto const x = laws::gaussian<float>(2000, 6, 5);
  residual_quantizer<> patient({.levels = 1, .words = 30, .iterations = 200}),
      hasty({.levels = 1, .words = 30, .iterations = 200, .tolerance = 1e-2});
  auto const long_run = patient.fit(x).levels[0], short_run = hasty.fit(x).levels[0];
  CHECK(short_run.stopped == stop_reason::tolerance);
  CHECK(short_run.iterations > 2);
  CHECK(short_run.iterations < long_run.iterations);
  CHECK(short_run.objective < 1.05 * long_run.objective);
}

TEST_CASE("No iterations: the words are those of the initialiser") {
  auto const x = sample();
  residual_quantizer<> model({.levels = 1, .words = 8, .iterations = 0});
  auto const report = model.fit(x);
  CHECK(report.levels[0].iterations == 0);
  CHECK(report.codes == model.encode(x));
  for (index_t j = 0; j < 8; ++j) {
    int found = 0;
    for (index_t i = 0; i < x.rows(); ++i) found += x.row(i) == model.level(0).search.words.row(j);
    CHECK(found == 1);
  }
}

TEST_CASE("Empty braces behind the rows are the default") {
  auto const x = laws::clustered<float>(60, 4, 5, 1, 0.3);
  residual_quantizer model({.levels = 2, .words = 4});
  (void)model.fit(x);
  CHECK(model.encode(x, {}) == model.encode(x));
  CHECK(model.encode(x, {.levels = 1}) == model.encode(x).leftCols(1));
  CHECK(model.encode(x, encode_options{.beam = 4}, {}) == model.encode(x, {.beam = 4}));
}

TEST_CASE("Options that make no model are refused") {
  CHECK_THROWS_AS(residual_quantizer<>({.levels = 0}), value_error);
  CHECK_THROWS_AS(residual_quantizer<>({.words = 0}), value_error);
  CHECK_THROWS_AS(residual_quantizer<>({.levels = 2, .words_per_level = {3}}), value_error);
  CHECK_THROWS_AS(residual_quantizer<>({.beam = 0}), value_error);
  CHECK_THROWS_AS(residual_quantizer<>({.tolerance = std::nan("")}), value_error);
}

TEST_CASE("encode_into allocates nothing once its workspace has seen a block of that size") {
  auto const model = fitted({.levels = 3, .words = 8});
  auto const x = sample();
  code_matrix out(x.rows(), 3);
  residual_workspace<float> workspace;
  model.encode_into(x, out, workspace);
  CHECK(out == model.encode(x));
  out.setConstant(no_code);
  std::size_t const before = tests::allocations();
  model.encode_into(x, out, workspace);
  CHECK(tests::allocations() == before);
  CHECK(out == model.encode(x));
  CHECK((!tests::counts_allocations || tests::allocations() > before));  // the counter does count
  CHECK_THROWS_AS(model.encode_into(x, out.topRows(3), workspace), shape_error);
  CHECK_THROWS_AS(model.encode_into(x, out.leftCols(0), workspace), shape_error);
}
