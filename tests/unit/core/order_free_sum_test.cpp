// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <numeric>
#include <sidera/core/order_free_sum.hpp>
#include <sidera/core/random.hpp>
#include <vector>

using sidera::order_free_sum;

namespace {

double sum_of(std::vector<double> const& terms) {
  order_free_sum sum;
  for (double const t : terms) sum.add(t);
  return sum.value();
}

/// Signs, and exponents from denormal to 2^1000.
std::vector<double> wild(std::size_t n) {
  sidera::random_stream const random(3);
  std::vector<double> terms(n);
  for (std::size_t i = 0; i < n; ++i)
    terms[i] = std::ldexp(random.normal(i), static_cast<int>(random.below(i, 2070)) - 1070);
  return terms;
}

}  // namespace

TEST_CASE("order_free_sum: sums whose correct rounding is known") {
  CHECK(sum_of({}) == 0);
  CHECK(sum_of({0.0, -0.0}) == 0);
  CHECK(sum_of(std::vector<double>(10, 0.1)) == 1.0);  // 0.9999999999999999 term by term
  CHECK(sum_of({1e16, 1, -1e16}) == 1);
  CHECK(sum_of({1e300, 3, -1e300, 1e-300, -3}) == 1e-300);
  CHECK(sum_of({-5, 2}) == -3);
  double const tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  CHECK(sum_of({tiny, tiny, tiny}) == 3 * tiny);
  CHECK(sum_of({tiny, -tiny}) == 0);
  CHECK(sum_of({huge, huge, -huge}) == huge);  // no intermediate overflow
  CHECK(sum_of({huge, huge}) == std::numeric_limits<double>::infinity());
  // Ties go to even, and anything below a tie decides it.
  CHECK(sum_of({1, 0x1p-53}) == 1);
  CHECK(sum_of({1, 0x1p-53, tiny}) == 1 + 0x1p-52);
  CHECK(sum_of({1 + 0x1p-52, 0x1p-53}) == 1 + 0x1p-51);
}

TEST_CASE("order_free_sum: every single double is its own sum") {
  for (double const v : wild(5000)) CHECK(std::bit_cast<std::uint64_t>(sum_of({v})) == std::bit_cast<std::uint64_t>(v));
}

TEST_CASE("order_free_sum: infinities and NaN") {
  double const inf = std::numeric_limits<double>::infinity();
  CHECK(sum_of({1, inf, 2}) == inf);
  CHECK(sum_of({-inf, 1}) == -inf);
  CHECK(std::isnan(sum_of({inf, -inf})));
  CHECK(std::isnan(sum_of({1, std::numeric_limits<double>::quiet_NaN()})));
}

TEST_CASE("order_free_sum: any order, split and tree of merges gives the same bits, also through integers") {
  auto const terms = wild(3000);
  order_free_sum whole;
  for (double const t : terms) whole.add(t);
  CHECK(std::accumulate(terms.begin(), terms.end(), 0.0) != std::accumulate(terms.rbegin(), terms.rend(), 0.0));
  for (std::size_t const parts : std::vector<std::size_t>{1, 2, 7, 100}) {
    std::vector<order_free_sum> part(parts);
    for (std::size_t i = terms.size(); i-- > 0;) part[sidera::random_stream(parts).below(i, parts)].add(terms[i]);
    std::vector<std::int64_t> added(order_free_sum::integer_count, 0), one(order_free_sum::integer_count);
    for (auto const& p : part) {
      p.integers(std::span<std::int64_t, order_free_sum::integer_count>(one));
      for (std::size_t i = 0; i < one.size(); ++i) added[i] += one[i];
    }
    order_free_sum reduced;
    reduced.set_integers(std::span<std::int64_t const, order_free_sum::integer_count>(added));
    while (part.size() > 1) {
      auto const last = part.back();
      part.pop_back();
      part[part.size() / 2].merge(last);
    }
    CHECK(part[0] == whole);
    CHECK(reduced == whole);
    CHECK(part[0].value() == whole.value());
  }
  order_free_sum other = whole;
  other.add(std::numeric_limits<double>::denorm_min());
  CHECK(!(other == whole));  // it can fail
}

TEST_CASE("order_free_sum: integers out of range are refused") {
  std::vector<std::int64_t> digits(order_free_sum::integer_count, 0);
  digits[5] = std::numeric_limits<std::int64_t>::min();
  order_free_sum sum;
  CHECK_THROWS_AS(sum.set_integers(std::span<std::int64_t const, order_free_sum::integer_count>(digits)),
                  sidera::value_error);
}
