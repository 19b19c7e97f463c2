// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/evaluation/prefixes.hpp>
#include <sidera/evaluation/usage_statistics.hpp>

#include "golden.hpp"

using sidera::code_t;

TEST_CASE("usage statistics equal numpy's") {
  auto const& g = evaluation_golden;
  auto const counts = sidera::read_matrix<std::int64_t>(g.path + "counts.npy");
  auto const entropy = g.numbers("entropy"), perplexity = g.numbers("perplexity"), gini = g.numbers("gini"),
             usage = g.numbers("usage");
  for (std::size_t i = 0; i < entropy.size(); ++i) {
    auto const row = sidera::row_span(counts, static_cast<sidera::index_t>(i));
    auto const u = sidera::usage_of_counts({row.begin(), row.end()});
    CHECK(u.entropy == near(entropy[i]));
    CHECK(u.perplexity == near(perplexity[i]));
    CHECK(u.gini == near(gini[i]));
    CHECK(u.usage == usage[i]);
    CHECK(u.used + u.dead() == 64);
  }
}

TEST_CASE("usage_of: counts codes, skips rows without one, refuses codes without a word") {
  std::vector<code_t> const codes{0, 2, 2, -1, 2};
  auto const u = sidera::usage_of(codes, 4);
  CHECK(u.counts == std::vector<std::int64_t>{1, 0, 3, 0});
  CHECK(u.rows == 4);
  CHECK(u.skipped == 1);
  CHECK(u.used == 2);
  CHECK(u.dead() == 2);
  CHECK_THROWS_AS((void)sidera::usage_of(codes, 2), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::usage_of_counts({1, -1}), sidera::value_error);
}

TEST_CASE("usage_of: nothing to count") {
  auto const none = sidera::usage_of({}, 3);
  CHECK(none.perplexity == 0);
  CHECK(none.entropy == 0);
  CHECK(none.gini == 0);
  CHECK(none.used == 0);
  CHECK(sidera::usage_of({}, 0).usage == 0);
}

TEST_CASE("prefixes: groups are numbered in lexicographic order") {
  sidera::code_matrix codes(5, 2);
  codes << 3, 1, 0, 9, 3, 1, 3, -1, 0, 2;
  CHECK(sidera::prefix_groups(codes, 0) == std::vector<code_t>{0, 0, 0, 0, 0});
  CHECK(sidera::prefix_groups(codes, 1) == std::vector<code_t>{1, 0, 1, 1, 0});
  CHECK(sidera::prefix_groups(codes, 2) == std::vector<code_t>{2, 1, 2, -1, 0});
  CHECK_THROWS_AS((void)sidera::prefix_groups(codes, 3), sidera::shape_error);
  CHECK(sidera::prefix_groups(sidera::code_matrix(0, 2), 2).empty());
}

TEST_CASE("prefix purity by hand") {
  sidera::code_matrix codes(6, 2);
  codes << 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1;
  std::vector<code_t> const labels{0, 0, 1, 1, 0, 1};
  CHECK(sidera::prefix_purity(codes, labels) == std::vector<double>{4. / 6, 5. / 6});
}

TEST_CASE("distortion: relative error against the variance about the mean") {
  sidera::matrix<float> x(3, 2), y(3, 2);
  x << 1, 0, 3, 0, 5, 0;
  y << 1, 0, 3, 0, 5, 1;
  CHECK(sidera::squared_error<float>(x, y) == 1);
  CHECK(sidera::total_variance<float>(x) == 8);
  CHECK(sidera::relative_error<float>(x, y) == 1. / 8);
  CHECK(sidera::relative_error<float>(x, x) == 0);
  sidera::matrix<float> const mean = x.colwise().mean().replicate(3, 1);
  CHECK(sidera::relative_error<float>(x, mean) == 1);
  // The offset is far larger than the spread: two passes in double do not cancel.
  sidera::matrix<double> const far = (x.cast<double>().array() + 1e7).matrix();
  CHECK(sidera::total_variance<double>(far) == 8);
}

TEST_CASE("distortion: degenerate input") {
  sidera::matrix<float> const equal = sidera::matrix<float>::Ones(3, 2), zero = sidera::matrix<float>::Zero(3, 2);
  CHECK(sidera::relative_error<float>(equal, equal) == 0);
  CHECK(sidera::relative_error<float>(equal, zero) == std::numeric_limits<double>::infinity());
  CHECK(sidera::total_variance<float>(sidera::matrix<float>(0, 2)) == 0);
  CHECK_THROWS_AS((void)sidera::relative_error<float>(equal, sidera::matrix<float>::Ones(2, 2)), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::relative_error<float>(equal, sidera::matrix<float>::Ones(3, 3)), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::relative_error<float>(sidera::matrix<float>(0, 2), sidera::matrix<float>(0, 2)),
                  sidera::shape_error);
}

TEST_CASE("the relative error of rows with a NaN is refused, where it used to be that of an exact reconstruction") {
  sidera::matrix<float> const good = sidera::matrix<float>::Random(3, 2);
  for (float const value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    sidera::matrix<float> bad = good;
    bad(2, 1) = value;
    CHECK_THROWS_WITH_AS((void)sidera::relative_error<float>(bad, good),
                         doctest::Contains("relative_error: x row 2 has a"), sidera::value_error);
    CHECK_THROWS_WITH_AS((void)sidera::relative_error<float>(good, bad),
                         doctest::Contains("relative_error: reconstruction row 2 has a"), sidera::value_error);
  }
}

TEST_CASE("the relative error finds the scalar type of matrices, blocks and maps") {
  sidera::matrix<float> const x = sidera::matrix<float>::Random(4, 3);
  sidera::matrix<float> const y = sidera::matrix<float>::Random(4, 3);
  double const expected = sidera::relative_error<float>(x, y);
  CHECK(sidera::relative_error(x, y) == expected);
  CHECK(sidera::relative_error(x, y.topRows(4)) == expected);
  CHECK(sidera::relative_error(sidera::matrix_cref<float>(x),
                               Eigen::Map<sidera::matrix<float> const>(y.data(), 4, 3)) == expected);
  sidera::matrix<double> const a = x.cast<double>(), b = y.cast<double>();
  CHECK(sidera::relative_error(a, b) == expected);
}
