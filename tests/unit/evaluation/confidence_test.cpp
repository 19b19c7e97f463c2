// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/evaluation/confidence.hpp>

#include "golden.hpp"

using numbers = std::vector<double>;

TEST_CASE("Student's t equals scipy's quantiles and mpmath's tails") {
  auto const intervals = evaluation_golden.table("student_interval");
  for (int i = 0; i < intervals.rows(); ++i) {
    CAPTURE(intervals.row(i));
    CHECK(sidera::student_interval(intervals(i, 1), intervals(i, 0)) == near(intervals(i, 2), 1e-11));
  }
  auto const tails = evaluation_golden.table("student_two_sided");
  for (int i = 0; i < tails.rows(); ++i) {
    CAPTURE(tails.row(i));
    CHECK(sidera::student_two_sided(tails(i, 0), tails(i, 1)) == near(tails(i, 2), tails(i, 1) <= 1000 ? 1e-12 : 1e-9));
  }
}

TEST_CASE("Student's t: the closed forms for one and two degrees of freedom") {
  for (double const t : {.01, .5, 1., 7., 1000.}) {
    CHECK(sidera::student_two_sided(t, 1) == near(1 - 2 * std::atan(t) / 3.14159265358979323846, 1e-10));
    CHECK(sidera::student_two_sided(t, 2) == near(1 - t / std::sqrt(2 + t * t), 1e-9));
    CHECK(sidera::student_two_sided(t, 2) == sidera::student_two_sided(-t, 2));
  }
  CHECK(sidera::student_two_sided(std::numeric_limits<double>::infinity(), 3) == 0);
  CHECK_THROWS_AS((void)sidera::student_two_sided(1, 0), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::student_interval(1, 3), sidera::value_error);
}

TEST_CASE("mean_interval by hand") {
  auto const e = sidera::mean_interval(numbers{1, 2, 3, 4, 5});
  CHECK(e.mean == near(3));
  CHECK(e.sd == near(std::sqrt(2.5)));
  CHECK(e.half_width() == near(2.7764451051977987 * std::sqrt(.5), 1e-11));
  CHECK(e.low == near(3 - e.half_width()));
  CHECK(e.p_value == near(.013235599563682, 1e-9));
}

TEST_CASE("mean_interval: one value, equal values, no values") {
  auto const one = sidera::mean_interval(numbers{2});
  CHECK(one.mean == 2);
  CHECK(std::isnan(one.sd));
  CHECK(std::isinf(one.high));
  CHECK(std::isnan(one.p_value));
  auto const equal = sidera::mean_interval(numbers{2, 2, 2});
  CHECK(equal.sd == 0);
  CHECK(equal.low == 2);
  CHECK(equal.high == 2);
  CHECK(equal.p_value == 0);
  CHECK(sidera::mean_interval(numbers{0, 0}).p_value == 1);
  CHECK_THROWS_AS((void)sidera::mean_interval({}), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::mean_interval(numbers{1, std::numeric_limits<double>::quiet_NaN()}),
                  sidera::value_error);
}

TEST_CASE("paired_difference removes what the runs share") {
  numbers const a{.71, .64, .80, .55}, b{.70, .62, .79, .53};
  auto const d = sidera::paired_difference(a, b);
  CHECK(d.mean == near(.015));
  CHECK(d.low > 0);
  CHECK(d.p_value < .05);
  CHECK(sidera::mean_interval(a).low < sidera::mean_interval(b).high);  // unpaired, nothing could be said
  CHECK_THROWS_AS((void)sidera::paired_difference(a, numbers{1}), sidera::shape_error);
}

TEST_CASE("bootstrap_interval: the interval of a mean is near the t-interval, and repeatable") {
  sidera::random_stream const random(3);
  numbers values(400);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.normal(i);
  auto const mean = [&](std::span<std::size_t const> rows) {
    double sum = 0;
    for (std::size_t const r : rows) sum += values[r];
    return sum / static_cast<double>(rows.size());
  };
  auto const a = sidera::bootstrap_interval(values.size(), mean, random.fork(1));
  auto const b = sidera::bootstrap_interval(values.size(), mean, random.fork(1));
  auto const t = sidera::mean_interval(values);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(std::abs(a.low - t.low) < .1 * t.half_width());
  CHECK(std::abs(a.high - t.high) < .1 * t.half_width());
  CHECK_THROWS_AS((void)sidera::bootstrap_interval(0, mean, random), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::bootstrap_interval(5, mean, random, 10, 1.), sidera::value_error);
  CHECK(sidera::bootstrap_interval(1, mean, random, 1).low == values[0]);
}

TEST_CASE("Student's t whose square is too large a number: tails that are small, and quantiles that are large") {
  double const pi = 3.14159265358979323846;
  for (double const t : {1e150, 1e155, 1e200, 1e290}) {
    CHECK(sidera::student_two_sided(t, 1) == near(2 / (pi * t), 1e-11));
    CHECK(sidera::student_two_sided(-t, 1) == near(2 / (pi * t), 1e-11));
  }
  CHECK(sidera::student_two_sided(1e155, 2) == near(1e-310, 1e-9));  // 1 / t^2, denormal
  CHECK(sidera::student_two_sided(1e300, 9) == 0);
  // With half a degree P = c / sqrt(t) for large t, whether t^2 is a number or not.
  double const c = sidera::student_two_sided(1e100, .5) * 1e50;
  CHECK(sidera::student_two_sided(1e160, .5) * 1e80 == near(c, 1e-11));
  CHECK(sidera::student_interval(1 - c * 1e-10, .5) == near(1e20, 1e-5));
  double const wide = sidera::student_interval(.99, .01);  // about 100^100
  CHECK(wide > 1e190);
  CHECK(sidera::student_two_sided(wide, .01) == near(.01, 1e-9));
  CHECK(std::isinf(sidera::student_interval(.999999, .01)));  // about 10^600
}
