// SPDX-License-Identifier: MIT
/// \file  Every residual scheme keeps the laws of its concept; the exact properties of PSRQ.
#include <laws/residual_scheme_laws.hpp>
#include <sidera/residual_schemes/normalized.hpp>

using namespace sidera;
using rq = laws::quantizer_with<additive_residual, double>;
using psrq = laws::quantizer_with<prefix_residual, double>;

TEST_CASE("Laws of residual schemes") {
  SUBCASE("additive_residual") {
    laws::residual_scheme_laws(additive_residual{});
  }
  SUBCASE("prefix_residual, the paper") {
    laws::residual_scheme_laws(prefix_residual{});
  }
  SUBCASE("prefix_residual, light") {
    laws::residual_scheme_laws(prefix_residual{.weight = 0.25});
  }
  SUBCASE("prefix_residual, heavy") {
    laws::residual_scheme_laws(prefix_residual{.weight = 3});
  }
  SUBCASE("prefix_residual without weight") {
    laws::residual_scheme_laws(prefix_residual{.weight = 0});
  }
  SUBCASE("normalized_residual") {
    laws::residual_scheme_laws(normalized_residual{});
  }
}

namespace {

/// A user's own scheme: from the second level on, the residual and the length of the prefix.
struct with_prefix_norm {
  [[nodiscard]] std::size_t width(std::size_t dim, std::size_t level) const noexcept {
    return level == 0 ? dim : dim + 1;
  }
  template <Scalar T>
  void compose(std::span<T const> residual, std::span<T const> prefix, std::size_t level, std::span<T> query) const {
    std::copy(residual.begin(), residual.end(), query.begin());
    if (level == 0) return;
    double square = 0;  // a float would overflow for rows of 1e30
    for (T const p : prefix) square += static_cast<double>(p) * static_cast<double>(p);
    query.back() = static_cast<T>(std::sqrt(square));
  }
};

struct fitted_psrq {
  matrix<double> x = laws::clustered<double>(240, 6, 8, 5, 0.4);
  psrq model{{.levels = 3, .words = 6, .iterations = 500}, {}, {}, {.weight = 0.7}};
  fit_report report = model.fit(x);
};

}  // namespace

TEST_CASE("A user's own scheme keeps the laws") {
  laws::residual_scheme_laws(with_prefix_norm{});
}

TEST_CASE("T1: the first level of PSRQ is that of RQ") {
  fitted_psrq p;
  rq plain({.levels = 1, .words = 6, .iterations = 500});
  (void)plain.fit(p.x);
  CHECK(plain.encode(p.x) == p.model.encode(p.x, encode_options{.levels = 1}));
  CHECK(plain.level(0).search.words == p.model.level(0).search.words);
}

TEST_CASE("T2: the energy of the residual falls by sum_j n_j |A_j|^2") {
  fitted_psrq p;
  double before = p.x.squaredNorm();
  for (std::size_t l = 0; l < 3; ++l) {
    REQUIRE(p.report.levels[l].stopped == stop_reason::codes_repeat);
    auto const column = static_cast<index_t>(l);
    double fall = 0;
    for (index_t i = 0; i < p.x.rows(); ++i)
      fall += p.model.level(l).explained.row(p.report.codes(i, column)).squaredNorm();
    double const now = (p.x - p.model.decode(p.report.codes.leftCols(column + 1))).squaredNorm();
    CHECK(now == doctest::Approx(before - fall).epsilon(1e-10));
    before = now;
  }
}

TEST_CASE("T3: the two halves of a word add up to the mean of its members: a decoder from one word") {
  fitted_psrq p;
  for (std::size_t l = 1; l < 3; ++l) {
    auto const& words = p.model.level(l).search.words;
    matrix<double> sum = matrix<double>::Zero(6, 6);
    Eigen::VectorXd count = Eigen::VectorXd::Zero(6);
    for (index_t i = 0; i < p.x.rows(); ++i) {
      code_t const c = p.report.codes(i, static_cast<index_t>(l));
      sum.row(c) += p.x.row(i);
      count(c) += 1;
    }
    matrix<double> const mean = (sum.array().colwise() / count.array()).matrix();
    CHECK((words.leftCols(6) + words.rightCols(6) / 0.7 - mean).cwiseAbs().maxCoeff() < 1e-10);
  }
}

TEST_CASE("T4: half of the PSRQ distance is the distance of the samples") {
  auto const rows = laws::gaussian<double>(4, 9, 6);
  auto const r = rows.row(0), p = rows.row(1), r2 = rows.row(2), p2 = rows.row(3);
  std::vector<double> a(18), b(18);
  prefix_residual const scheme{};
  scheme.compose(std::span<double const>(row_span(rows, 0)), std::span<double const>(row_span(rows, 1)), 1,
                 std::span<double>(a));
  scheme.compose(std::span<double const>(row_span(rows, 2)), std::span<double const>(row_span(rows, 3)), 1,
                 std::span<double>(b));
  double const distance = squared_euclidean{}.exact(std::span<double const>(a), std::span<double const>(b));
  double const sample = ((r + p) - (r2 + p2)).squaredNorm(), rest = ((r - p) - (r2 - p2)).squaredNorm();
  CHECK(distance == doctest::Approx(sample / 2 + rest / 2).epsilon(1e-13));
}

TEST_CASE("T5: weight 0 is RQ, bit for bit") {
  auto const x = laws::clustered<double>(300, 7, 12, 7, 0.5);
  psrq without({.levels = 4, .words = 8}, {}, {}, {.weight = 0});
  rq plain({.levels = 4, .words = 8});
  auto const a = without.fit(x), b = plain.fit(x);
  CHECK(a.codes == b.codes);
  for (std::size_t l = 0; l < 4; ++l) {
    CHECK(without.level(l).search.words == plain.level(l).search.words);
    CHECK(without.level(l).explained == plain.level(l).explained);
    CHECK(a.levels[l].iterations == b.levels[l].iterations);
  }
}

TEST_CASE("T5: a huge weight divides by the prefix alone") {
  auto const x = laws::clustered<double>(200, 5, 6, 8, 0.5);
  psrq heavy({.levels = 2, .words = 6}, {}, {}, {.weight = 1e6});
  auto const codes = heavy.fit(x).codes;
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t k = 0; k < i; ++k)  // rows with equal prefix share the second code
      if (codes(i, 0) == codes(k, 0)) CHECK(codes(i, 1) == codes(k, 1));
}

TEST_CASE("A prefix weight that is negative or no number is refused") {
  auto const x = laws::gaussian<double>(20, 3, 9);
  for (double const weight : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    psrq model({.levels = 2, .words = 4}, {}, {}, {.weight = weight});
    CHECK_THROWS_AS((void)model.fit(x), value_error);
    CHECK(!model.fitted());
  }
}

namespace {

/// Overflows from the second level on.
struct overflowing {
  [[nodiscard]] std::size_t width(std::size_t dim, std::size_t) const noexcept { return dim; }
  template <Scalar T>
  void compose(std::span<T const> residual, std::span<T const>, std::size_t level, std::span<T> query) const {
    T const factor = level == 0 ? T(1) : std::numeric_limits<T>::max();
    for (std::size_t d = 0; d < residual.size(); ++d) query[d] = residual[d] * factor * factor;
  }
};

}  // namespace

TEST_CASE("A query that overflows is an error, not a wrong codebook") {
  auto const x = laws::gaussian<double>(20, 3, 9);
  laws::quantizer_with<overflowing, double> model({.levels = 2, .words = 4});
  CHECK_THROWS_WITH_AS((void)model.fit(x), doctest::Contains("query of level 1 row 0 has an infinity"), value_error);
}

TEST_CASE("normalized_residual: a residual of zero stays zero, others get unit length, huge and tiny ones too") {
  normalized_residual const scheme{};
  for (float const size : {0.0f, 1e-30f, 1.0f, 1e30f}) {
    std::vector<float> const residual{3 * size, 0, 4 * size};
    std::vector<float> query(3);
    scheme.compose(std::span<float const>(residual), std::span<float const>(residual), 1, std::span<float>(query));
    CHECK(query[0] == doctest::Approx(size > 0 ? 0.6 : 0));
    CHECK(query[2] == doctest::Approx(size > 0 ? 0.8 : 0));
  }
}

TEST_CASE("prefix_residual loads no weight that training would refuse") {
  field_set fields;
  prefix_residual scheme{.weight = 0.5};
  for (char const* bad : {"nan", "inf", "-1", "one"}) {
    fields.metadata["prefix_weight"] = bad;
    CHECK_THROWS_AS(scheme.load(fields), value_error);
    CHECK(scheme.weight == 0.5);
  }
}
