// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/evaluation/mutual_information.hpp>
#include <sidera/evaluation/partition_agreement.hpp>

#include "golden.hpp"

using sidera::code_t;
using sidera::contingency_table;
using sidera::entropy_average;

TEST_CASE("agreement of clusters and classes equals scikit-learn's") {
  auto const& g = evaluation_golden;
  contingency_table const t(g.integers("digit"), g.integers("labels_20"));
  CHECK(sidera::normalized_mutual_information(t) == near(g.number("nmi")));
  CHECK(sidera::normalized_mutual_information(t, entropy_average::geometric) == near(g.number("nmi_geometric")));
  CHECK(sidera::normalized_mutual_information(t, entropy_average::min) == near(g.number("nmi_min")));
  CHECK(sidera::normalized_mutual_information(t, entropy_average::max) == near(g.number("nmi_max")));
  CHECK(sidera::mutual_information(t) == near(g.number("mi_nats")));
  CHECK(sidera::adjusted_mutual_information(t) == near(g.number("ami")));
  CHECK(sidera::adjusted_rand_index(t) == near(g.number("ari")));
  CHECK(sidera::homogeneity(t) == near(g.number("homogeneity")));
  CHECK(sidera::completeness(t) == near(g.number("completeness")));
  CHECK(sidera::v_measure(t) == near(g.number("v_measure")));
  CHECK(sidera::fowlkes_mallows_index(t) == near(g.number("fowlkes_mallows")));
  CHECK(sidera::purity(t) == near(g.number("purity")));
  sidera::matrix<double> counts = sidera::matrix<double>::Zero(10, 10);
  for (auto const& cell : t.cells)
    counts(static_cast<int>(cell.row), static_cast<int>(cell.column)) = static_cast<double>(cell.count);
  CHECK(counts == g.table("contingency"));
}

TEST_CASE("agreement of skewed partitions equals scikit-learn's") {
  auto const& g = evaluation_golden;
  contingency_table const t(g.integers("skewed_a"), g.integers("skewed_b"));
  auto const wanted = g.numbers("skewed_scores");
  CHECK(sidera::adjusted_mutual_information(t) == near(wanted[0]));
  CHECK(sidera::adjusted_mutual_information(t, entropy_average::max) == near(wanted[1]));
  CHECK(sidera::expected_mutual_information(t) == near(wanted[2]));
  CHECK(sidera::adjusted_rand_index(t) == near(wanted[3]));
  CHECK(sidera::fowlkes_mallows_index(t) == near(wanted[4]));
  CHECK(sidera::normalized_mutual_information(t) == near(wanted[5]));
}

TEST_CASE("expected mutual information equals the mean over all permutations of a small case") {
  std::vector<code_t> const a{0, 0, 0, 1, 1, 2};
  std::vector<code_t> b{0, 0, 1, 1, 1, 2};
  double sum = 0, count = 0;
  std::sort(b.begin(), b.end());
  do {
    sum += sidera::mutual_information(contingency_table(a, b));
    ++count;
  } while (std::next_permutation(b.begin(), b.end()));
  CHECK(count == 60);
  CHECK(sidera::expected_mutual_information(contingency_table(a, b)) == near(sum / count));
}

TEST_CASE("labellings without information") {
  std::vector<code_t> const one{4, 4, 4, 4}, two{0, 0, 1, 1}, all{0, 1, 2, 3};
  auto const check = [](contingency_table const& t, double nmi, double ami, double ari) {
    CHECK(sidera::normalized_mutual_information(t) == nmi);
    CHECK(sidera::adjusted_mutual_information(t) == doctest::Approx(ami));
    CHECK(sidera::adjusted_rand_index(t) == ari);
  };
  check({one, one}, 1, 1, 1);
  check({one, two}, 0, 0, 0);
  check({all, all}, 1, 1, 1);
  check({all, one}, 0, 0, 0);
  CHECK(sidera::homogeneity(contingency_table(one, two)) == 1);
  CHECK(sidera::completeness(contingency_table(one, two)) == 0);
  CHECK(sidera::v_measure(contingency_table(one, two)) == 0);
  CHECK(sidera::fowlkes_mallows_index(contingency_table(all, all)) == 0);
  CHECK(sidera::fowlkes_mallows_index(contingency_table(one, one)) == 1);
  CHECK(sidera::purity(contingency_table(two, all)) == 1);
  CHECK(sidera::purity(contingency_table(two, one)) == .5);
  for (auto how : {entropy_average::arithmetic, entropy_average::geometric, entropy_average::min, entropy_average::max})
    CHECK(sidera::normalized_mutual_information(contingency_table(one, two), how) == 0);
}

TEST_CASE("renaming the values changes nothing; the measures that should be symmetric are") {
  sidera::random_stream const random(5);
  std::vector<code_t> a(300), b(300), renamed(300);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<code_t>(random.below(i, 7));
    b[i] = random.uniform(1000 + i) < .5 ? a[i] : static_cast<code_t>(random.below(5000 + i, 4));
    renamed[i] = 1000000 - 13 * a[i];
  }
  contingency_table const ab(a, b), ba(b, a), rb(renamed, b);
  CHECK(sidera::adjusted_mutual_information(ab) == near(sidera::adjusted_mutual_information(ba)));
  CHECK(sidera::adjusted_mutual_information(ab) == near(sidera::adjusted_mutual_information(rb)));
  CHECK(sidera::adjusted_rand_index(ab) == near(sidera::adjusted_rand_index(ba)));
  CHECK(sidera::homogeneity(ab) == near(sidera::completeness(ba)));
  CHECK(sidera::v_measure(ab) == near(sidera::normalized_mutual_information(ab)));
  CHECK(sidera::purity(ab) == sidera::purity(rb));
}

TEST_CASE("independent labellings: the adjusted measures are about zero") {
  sidera::random_stream const random(6);
  std::vector<code_t> a(20000), b(20000);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<code_t>(random.below(2 * i, 50));
    b[i] = static_cast<code_t>(random.below(2 * i + 1, 400));
  }
  contingency_table const t(a, b);
  CHECK(sidera::normalized_mutual_information(t) > .05);  // what adjusting is for
  CHECK(std::abs(sidera::adjusted_mutual_information(t)) < .005);
  CHECK(std::abs(sidera::adjusted_rand_index(t)) < .005);
}

TEST_CASE("rows without a value are skipped and counted") {
  std::vector<code_t> const a{0, 0, 1, 1, -1, 5}, b{0, 0, 1, 1, 3, -1};
  contingency_table const t(a, b);
  CHECK(t.total == 4);
  CHECK(t.skipped == 2);
  CHECK(sidera::normalized_mutual_information(t) == 1);
}

TEST_CASE("contingency_table: sizes that do not fit, nothing to count") {
  std::vector<code_t> const three{0, 1, 2}, two{0, 1}, none{-1, -1};
  CHECK_THROWS_AS(contingency_table(three, two), sidera::shape_error);
  CHECK_THROWS_AS(contingency_table(two, none), sidera::value_error);
  CHECK_THROWS_AS(contingency_table({}, {}), sidera::value_error);
}

TEST_CASE("adjusted mutual information is 0, and no quotient of rounding errors, where chance shares all there is") {
  sidera::random_stream const random(8);
  for (std::size_t const n : {7u, 30u, 301u}) {
    std::vector<code_t> classes(n), own(n), one(n, 2);
    for (std::size_t i = 0; i < n; ++i) {
      classes[i] = static_cast<code_t>(random.below(i, 5));
      own[i] = static_cast<code_t>(i);
    }
    for (auto how :
         {entropy_average::arithmetic, entropy_average::geometric, entropy_average::min, entropy_average::max}) {
      CHECK(sidera::adjusted_mutual_information(classes, own, how) == 0);
      CHECK(sidera::adjusted_mutual_information(own, classes, how) == 0);
      CHECK(sidera::adjusted_mutual_information(classes, one, how) == 0);
      CHECK(sidera::adjusted_mutual_information(one, own, how) == 0);
    }
  }
}

TEST_CASE("adjusted mutual information of labellings that chance nearly settles is still told from chance") {
  std::vector<code_t> odd(100000, 0), pair(odd.size());
  odd[0] = 1;
  for (std::size_t i = 0; i < pair.size(); ++i) pair[i] = static_cast<code_t>(i);
  pair[6] = pair[7];
  CHECK(sidera::adjusted_mutual_information(odd, pair, entropy_average::min) == doctest::Approx(1).epsilon(1e-3));
}
