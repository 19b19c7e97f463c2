// SPDX-License-Identifier: MIT
/// \file  MM-EMA: agreement with the released DCID code (tests/golden/mm_ema) and exact invariants.
#include <laws/stored_arrays.hpp>
#include <numeric>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/random.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>
#include <sidera/update_rules/ema.hpp>

using namespace sidera;

namespace {

using values = std::vector<matrix<double>>;
using code_lists = std::vector<std::vector<code_t>>;

std::vector<modality_batch<double>> batch_of(std::vector<matrix_cref<double>> const& x, code_lists const& codes) {
  std::vector<modality_batch<double>> batch;
  for (std::size_t m = 0; m < x.size(); ++m) batch.push_back({x[m], codes[m]});
  return batch;
}

void update(cross_modal_ema::state<double>& state, codebook<double>& book, values const& x, code_lists const& codes) {
  std::vector<matrix_cref<double>> const refs(x.begin(), x.end());
  auto const batch = batch_of(refs, codes);
  state.update(book, std::span<modality_batch<double> const>(batch));
}

std::vector<code_t> nearest(codebook<double> const& book, matrix<double> const& x) {
  std::vector<code_t> codes(row_count(x));
  word_search<double, squared_euclidean>(book.words, {}).nearest(x, codes);
  return codes;
}

double relative_error(matrix<double> const& found, matrix<double> const& expected) {
  return (found - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
}

/// Five calls of the released codebook update.
void check_case(std::string const& name, std::string const& modalities) {
  std::string const folder = "mm_ema/" + name;
  CAPTURE(folder);
  stored::reference const expected{folder};
  codebook<double> book{expected.slice("E_hist", 0)};
  double const first_count = expected.slice("N_hist", 0)(0, 0);
  cross_modal_ema const rule{.initial_count = first_count};
  cross_modal_ema::state<double> state(rule, book);
  for (std::size_t call = 0; call < 5; ++call) {
    CAPTURE(call);
    values x;
    code_lists codes;
    for (char const m : modalities) {
      x.push_back(expected.slice(std::string("z_") + m, call));
      codes.push_back(nearest(book, x.back()));
      CHECK(codes.back() == expected.code_slice(std::string("idx_") + m, call));
    }
    update(state, book, x, codes);
    auto const& averages = std::as_const(state).averages();
    matrix<double> const counts = Eigen::Map<matrix<double> const>(averages.counts().data(), 1, book.words.rows());
    matrix<double> const sums =
        Eigen::Map<matrix<double> const>(averages.sums().data(), book.words.rows(), book.words.cols());
    CHECK(relative_error(counts, expected.slice("N_hist", call + 1)) < 1e-10);
    CHECK(relative_error(sums, expected.slice("W_hist", call + 1)) < 1e-10);
    CHECK(relative_error(book.words, expected.slice("E_hist", call + 1)) < 1e-10);
  }
}

matrix<double> random_matrix(index_t rows, index_t cols, std::uint64_t seed) {
  random_stream const random(seed);
  matrix<double> x(rows, cols);
  for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random.normal(static_cast<std::uint64_t>(i));
  return x;
}

double total(std::span<double const> v) {
  return std::accumulate(v.begin(), v.end(), 0.0);
}

}  // namespace

TEST_CASE("MM-EMA updates as the released code: two modalities") {
  check_case("av_cold", "av");
  check_case("av_warm", "av");
  check_case("av_T1", "av");
}
TEST_CASE("MM-EMA updates as the released code: three modalities") {
  check_case("avt_cold", "avt");
  check_case("avt_warm", "avt");
  check_case("avt_T1", "avt");
}

TEST_CASE("Smoothing keeps the sum of the counts, which approaches the rows per batch geometrically") {
  constexpr index_t rows = 40, words = 7, steps = 30;
  codebook<double> book{random_matrix(words, 3, 1)};
  cross_modal_ema const rule{.decay = 0.9};
  cross_modal_ema::state<double> state(rule, book);
  double expected = words;
  for (index_t s = 0; s < steps; ++s) {
    values const x{random_matrix(rows, 3, 10 + static_cast<std::uint64_t>(s)),
                   random_matrix(rows, 3, 90 + static_cast<std::uint64_t>(s))};
    update(state, book, x, {nearest(book, x[0]), nearest(book, x[1])});
    for (int m = 0; m < 2; ++m) expected = 0.9 * expected + 0.1 * rows;
    CHECK(total(state.averages().counts()) == doctest::Approx(expected).epsilon(1e-12));
  }
  CHECK(expected == doctest::Approx(rows).epsilon(0.01));
}

TEST_CASE("With equal modalities the cross weights vanish: three steps of plain EMA, written out by hand") {
  matrix<double> const x = random_matrix(50, 4, 3);
  codebook<double> book{random_matrix(6, 4, 4)};
  codebook<double> const start = book;
  auto const codes = nearest(book, x);
  cross_modal_ema const rule{};
  cross_modal_ema::state<double> state(rule, book);
  update(state, book, {x, x, x}, {codes, codes, codes});

  Eigen::VectorXd n = Eigen::VectorXd::Ones(6);
  matrix<double> w = start.words;
  for (int step = 0; step < 3; ++step) {
    Eigen::VectorXd members = Eigen::VectorXd::Zero(6);
    matrix<double> sums = matrix<double>::Zero(6, 4);
    for (index_t i = 0; i < x.rows(); ++i) {
      members(codes[static_cast<std::size_t>(i)]) += 1;
      sums.row(codes[static_cast<std::size_t>(i)]) += x.row(i);
    }
    n = 0.99 * n + 0.01 * members;
    n = ((n.array() + 1e-5) / (n.sum() + 6e-5) * n.sum()).matrix().eval();
    w = 0.99 * w + 0.01 * sums;
  }
  matrix<double> const expected = (w.array().colwise() / n.array()).matrix();
  CHECK(relative_error(book.words, expected) < 1e-12);
}

TEST_CASE("An own weight of one is plain EMA of the modalities in turn") {
  values const x{random_matrix(30, 3, 5), random_matrix(30, 3, 6)};
  codebook<double> book{random_matrix(5, 3, 7)};
  codebook<double> plain = book;
  code_lists const codes{nearest(book, x[0]), nearest(book, x[1])};
  cross_modal_ema const rule{.own_weight = 1};
  cross_modal_ema::state<double> state(rule, book);
  update(state, book, x, codes);
  cross_modal_ema::state<double> plain_state(rule, plain);
  for (std::size_t m = 0; m < 2; ++m) plain_state.update(plain, matrix_cref<double>(x[m]), codes[m]);
  CHECK(relative_error(book.words, plain.words) < 1e-14);
}

TEST_CASE("One modality is the ema rule") {
  matrix<double> const x = random_matrix(30, 3, 5);
  codebook<double> book{random_matrix(4, 3, 7)};
  codebook<double> plain = book;
  auto const codes = nearest(book, x);
  cross_modal_ema::state<double> state(cross_modal_ema{.move_unused_words = false}, book);
  state.update(book, matrix_cref<double>(x), codes);
  ema::state<double> plain_state(ema{}, plain);
  plain_state.update(plain, matrix_cref<double>(x), codes);
  CHECK(relative_error(book.words, plain.words) < 1e-12);
}

TEST_CASE("Weights are a half each for two modalities and 1/2, 1/4, 1/4 for three; a matrix replaces them") {
  values const x{matrix<double>::Constant(1, 1, 1), matrix<double>::Constant(1, 1, 10),
                 matrix<double>::Constant(1, 1, 100)};
  auto const word_after = [&](std::size_t modalities, matrix<double> const& weights) {
    codebook<double> book{matrix<double>::Zero(1, 1)};
    cross_modal_ema::state<double> state({.decay = 0, .epsilon = 0, .weights = weights}, book);
    update(state, book, values(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(modalities)),
           code_lists(modalities, {0}));
    return book.words(0, 0);  // decay 0: the step of the last modality alone
  };
  CHECK(word_after(2, {}) == doctest::Approx(0.5 * 1 + 0.5 * 10));
  CHECK(word_after(3, {}) == doctest::Approx(0.25 * 1 + 0.25 * 10 + 0.5 * 100));
  matrix<double> weights(2, 2);
  weights << 1, 0, 0.3, 0.7;
  CHECK(word_after(2, weights) == doctest::Approx(0.3 * 1 + 0.7 * 10));
}

TEST_CASE("A start with counts of zero throws unused words far away; a start with ones does not") {
  matrix<double> const x = matrix<double>::Constant(8, 2, 0.01);
  matrix<double> words = matrix<double>::Constant(3, 2, 0.01);
  words.bottomRows(2).setConstant(5e-3);
  auto const unused_after = [&](double count) {
    codebook<double> book{words};
    cross_modal_ema::state<double> state(cross_modal_ema{.initial_count = count}, book);
    update(state, book, {x, x, x}, code_lists(3, std::vector<code_t>(8, 0)));
    return book.words(1, 0);
  };
  CHECK(unused_after(0) == doctest::Approx(0.99 * 0.99 * 0.99 * 5e-3 / 3e-5).epsilon(0.02));  // W / N = g^3 W0 / 3 eps
  CHECK(unused_after(1) == doctest::Approx(5e-3).epsilon(0.001));
}

TEST_CASE("Rows that lack a modality share its weight out, in proportion") {
  values const x{matrix<double>::Constant(1, 1, 1), matrix<double>::Constant(1, 1, 1e9),
                 matrix<double>::Constant(1, 1, 100)};
  codebook<double> book{matrix<double>::Zero(1, 1)};
  cross_modal_ema::state<double> state({.decay = 0, .epsilon = 0}, book);
  update(state, book, x, {{0}, {no_code}, {0}});  // the second modality is absent, whatever its vector holds
  CHECK(book.words(0, 0) == doctest::Approx((0.25 * 1 + 0.5 * 100) / 0.75));
}

TEST_CASE("A row whose present modalities weigh nothing takes its own vector") {
  values const x{matrix<double>::Constant(1, 1, 3), matrix<double>::Constant(1, 1, 7)};
  matrix<double> swapped(2, 2);
  swapped << 0, 1, 1, 0;
  codebook<double> book{matrix<double>::Zero(1, 1)};
  cross_modal_ema::state<double> state({.decay = 0, .epsilon = 0, .weights = swapped}, book);
  update(state, book, x, {{no_code}, {0}});
  CHECK(book.words(0, 0) == 7);
}

TEST_CASE("MM-EMA stays finite over 100,000 batches with a word that nobody uses") {
  for (double const epsilon : {1e-5, 0.0}) {
    CAPTURE(epsilon);
    codebook<double> book{matrix<double>::Constant(2, 1, 3.3)};
    cross_modal_ema::state<double> state({.epsilon = epsilon}, book);
    matrix<double> const x = matrix<double>::Constant(1, 1, 3.3);
    std::vector<code_t> const codes{0};
    for (int pass = 0; pass < 100000; ++pass) state.update(book, matrix_cref<double>(x), codes);
    CHECK(book.words.allFinite());
    // Smoothing lends the unused word epsilon / (1 - decay) of the used word's count of 1: the price of the rule.
    CHECK(book.words(0, 0) == doctest::Approx(3.3 * (1 + epsilon / 0.01)).epsilon(1e-4));
    if (epsilon == 0) CHECK(book.words(1, 0) == doctest::Approx(3.3));  // W and N vanish together
  }
}

TEST_CASE("MM-EMA names what does not fit") {
  codebook<double> book{matrix<double>::Zero(2, 3)};
  cross_modal_ema::state<double> state({}, book);
  values const rows_differ{matrix<double>::Zero(4, 3), matrix<double>::Zero(5, 3)};
  CHECK_THROWS_WITH_AS(update(state, book, rows_differ, {std::vector<code_t>(4, 0), std::vector<code_t>(5, 0)}),
                       "cross_modal_ema::update: x is 5 x 3, expected 4 rows", shape_error);
  values const good{matrix<double>::Zero(1, 3)};
  CHECK_THROWS_WITH_AS(update(state, book, good, {{2}}), "cross_modal_ema::update: row 0 has code 2, there are 2 words",
                       value_error);
  cross_modal_ema::state<double> wrong({.weights = matrix<double>::Identity(3, 3)}, book);
  CHECK_THROWS_AS(update(wrong, book, good, {{0}}), shape_error);
}

TEST_CASE("cross_modal_ema: weights that are not finite are refused") {
  sidera::codebook<float> const book{sidera::matrix<float>::Ones(2, 2)};
  sidera::cross_modal_ema rule;
  rule.weights = sidera::matrix<double>::Constant(2, 2, 0.5);
  CHECK_NOTHROW((sidera::cross_modal_ema::state<float>(rule, book)));
  rule.weights(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS((sidera::cross_modal_ema::state<float>(rule, book)), doctest::Contains("weights"),
                       sidera::value_error);
}
