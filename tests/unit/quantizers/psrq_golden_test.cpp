// SPDX-License-Identifier: MIT
/// \file  PSRQ against an evaluation of the published definition with scikit-learn's k-means (tests/golden/psrq).
#include <laws/stored_arrays.hpp>
#include <sidera/codebooks/given_words.hpp>
#include <sidera/codebooks/previous_level.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

using namespace sidera;
using psrq_from_given =
    residual_quantizer<squared_euclidean, lloyd, prefix_residual, given_words, relocate_far, double>;

namespace {

matrix<double> joined(stored::reference const& data, std::string const& prefix, std::string const& view) {
  if (view != "o") return data.matrix(prefix + view);
  matrix<double> const t = data.matrix(prefix + "t"), a = data.matrix(prefix + "a");
  matrix<double> o(t.rows(), t.cols() + a.cols());
  o << t, a;
  return o;
}

given_words start_rows(stored::reference const& expected, std::size_t levels) {
  given_words init;
  for (std::size_t l = 0; l < levels; ++l) {
    auto const rows = expected.vector<std::int64_t>("init_rows_" + to_text(l));
    init.rows.emplace_back(rows.begin(), rows.end());
  }
  return init;
}

/// Sum of squared residuals after the first `levels` levels.
double energy(psrq_from_given const& model, matrix<double> const& x, code_matrix const& codes, index_t levels) {
  if (levels == 0) return x.squaredNorm();
  return (x - model.decode(codes.leftCols(levels))).squaredNorm();
}

void check_case(std::string const& view, double weight) {
  CAPTURE(view);
  CAPTURE(weight);
  stored::reference const data{"psrq/data"}, expected{"psrq/view_" + view + "_lambda" + to_text(weight)};
  matrix<double> const x = joined(data, "X_", view), x_new = joined(data, "Xnew_", view);
  psrq_from_given model({.levels = 3, .words_per_level = {10, 8, 8}, .iterations = 300}, {}, {}, {.weight = weight},
                        start_rows(expected, 3));
  fit_report const report = model.fit(x);

  code_matrix const codes = model.encode(x), codes_new = model.encode(x_new);
  CHECK(stored::flat(codes) == expected.codes("codes"));
  CHECK(report.codes == codes);
  CHECK(stored::flat(codes_new) == expected.codes("codes_new"));
  double const scale = x.cwiseAbs().maxCoeff();
  auto const inertia = expected.vector("inertia"), sse = expected.vector("sse"), sse_new = expected.vector("sse_new");
  auto const iterations = expected.vector<std::int64_t>("n_iter");
  for (std::size_t l = 0; l < 3; ++l) {
    CAPTURE(l);
    level_report const& level = report.levels[l];
    matrix<double> const residual_half = expected.matrix("A_" + to_text(l));
    CHECK((model.level(l).explained - residual_half).cwiseAbs().maxCoeff() < 1e-8 * scale);
    if (l > 0 && weight > 0) {
      matrix<double> const prefix_half = expected.matrix("B_" + to_text(l));
      matrix<double> const found = model.level(l).search.words.rightCols(x.cols()) / weight;
      CHECK((found - prefix_half).cwiseAbs().maxCoeff() < 1e-8 * scale);
    }
    CHECK(level.objective * static_cast<double>(x.rows()) == doctest::Approx(inertia[l]).epsilon(1e-10));
    CHECK(level.stopped == stop_reason::codes_repeat);
    CHECK(static_cast<std::int64_t>(level.iterations) == iterations[l]);
    CHECK(level.dead_words == 0);
  }
  for (index_t l = 0; l <= 3; ++l) {
    CHECK(energy(model, x, codes, l) == doctest::Approx(sse[static_cast<std::size_t>(l)]).epsilon(1e-10));
    CHECK(energy(model, x_new, codes_new, l) == doctest::Approx(sse_new[static_cast<std::size_t>(l)]).epsilon(1e-10));
  }
  CHECK((model.decode(codes.topRows(20)) - expected.matrix("decoded")).cwiseAbs().maxCoeff() < 1e-8 * scale);
}

}  // namespace

TEST_CASE("PSRQ agrees with the published definition: text view") {
  for (double const weight : {0.0, 0.25, 0.5, 1.0}) check_case("t", weight);
}
TEST_CASE("PSRQ agrees with the published definition: audio view") {
  for (double const weight : {0.0, 1.0}) check_case("a", weight);
}
TEST_CASE("PSRQ agrees with the published definition: joint view") {
  for (double const weight : {0.0, 0.25, 0.5, 1.0}) check_case("o", weight);
}

TEST_CASE("PSRQ encodes with given codebooks as the published definition") {
  stored::reference const data{"psrq/data"}, expected{"psrq/random_codebooks"};
  matrix<double> const x = data.matrix("X_t");
  for (double const weight : {0.0, 0.25, 0.5, 1.0, 2.0}) {
    CAPTURE(weight);
    std::vector<residual_level<double>> levels;
    for (std::size_t l = 0; l < 4; ++l) {
      matrix<double> const a = expected.matrix("A_" + to_text(l));
      if (l == 0 || weight == 0) {
        levels.push_back({{a}, a});
        continue;
      }
      matrix<double> words(a.rows(), 2 * a.cols());
      words << a, weight * expected.matrix("B_" + to_text(l));
      levels.push_back({{words}, a});
    }
    psrq_from_given model({}, {}, {}, {.weight = weight});
    model.set_levels(std::move(levels), column_count(x));
    code_matrix const codes = model.encode(x);
    CHECK(stored::flat(codes) == expected.codes("codes_lambda" + to_text(weight)));
    auto const sse = expected.vector("sse_lambda" + to_text(weight));
    for (index_t l = 0; l <= 4; ++l)
      CHECK(energy(model, x, codes, l) == doctest::Approx(sse[static_cast<std::size_t>(l)]).epsilon(1e-10));
  }
}

namespace {
/// Level 1 from given rows, the levels behind it from the cells of the level before.
struct rows_then_previous_level {
  given_words first;

  template <Scalar T, class M>
  codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const& metric,
                         initialiser_context const& context) const {
    return context.level == 0 ? first(x, words, metric, context) : previous_level{}(x, words, metric, context);
  }
};
}  // namespace

TEST_CASE("T6: with equal word counts and weight 1 the cells of level 1 are a fixed point of level 2") {
  stored::reference const data{"psrq/data"}, expected{"psrq/fixed_point"};
  matrix<double> const x = data.matrix("X_t");
  residual_quantizer<squared_euclidean, lloyd, prefix_residual, rows_then_previous_level, relocate_far, double> model(
      {.levels = 2, .words = 8, .iterations = 300}, {}, {}, {.weight = 1}, {start_rows(expected, 1)});
  fit_report const report = model.fit(x);
  code_matrix const codes = model.encode(x);
  CHECK(stored::flat(codes.col(0)) == expected.codes("codes_0"));
  CHECK(stored::flat(codes.col(1)) == expected.codes("codes_1"));
  CHECK(codes.col(0) == codes.col(1));
  double const scale = x.cwiseAbs().maxCoeff();
  CHECK((model.level(0).search.words - expected.matrix("centres_0")).cwiseAbs().maxCoeff() < 1e-8 * scale);
  CHECK(model.level(1).explained.cwiseAbs().maxCoeff() < 1e-12 * scale);  // the residual is unchanged
  CHECK(report.levels[1].iterations <= 2);  // one that moves words by rounding alone, one that sees equal codes
}
