// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>
#include <vector>

namespace {

using namespace sidera;

template <class M>
double between(M const& metric, std::vector<float> const& a, std::vector<float> const& b) {
  auto const fast = static_cast<double>(metric(std::span<float const>(a), std::span<float const>(b)));
  CHECK(fast == doctest::Approx(exact_distance(metric, std::span<float const>(a), std::span<float const>(b))));
  return fast;
}

}  // namespace

TEST_CASE("metrics of short rows, worked out by hand") {
  std::vector<float> const a{1, 2, 3}, b{2, 4, 3};
  CHECK(between(squared_euclidean{}, a, b) == 5);
  CHECK(between(manhattan{}, a, b) == 3);
  CHECK(between(inner_product{}, a, b) == -19);
  CHECK(between(weighted_squared_euclidean{{2, 0.5, 7}}, a, b) == 4);
  CHECK(between(weighted_squared_euclidean{{2}}, a, b) == 6);  // columns without a weight count with 1
  CHECK(between(cosine{}, {3, 4}, {4, 3}) == doctest::Approx(1 - 24.0 / 25));
}

TEST_CASE("cosine: parallel, opposite and perpendicular rows, of any length; zeros are at distance 1") {
  CHECK(between(cosine{}, {1, 1}, {5, 5}) == doctest::Approx(0));
  CHECK(between(cosine{}, {1, 1}, {-2, -2}) == doctest::Approx(2));
  CHECK(between(cosine{}, {1, 0}, {0, 3}) == doctest::Approx(1));
  CHECK(between(cosine{}, {1e-20f, 0}, {1e20f, 0}) == doctest::Approx(0));
  CHECK(between(cosine{}, {0, 0}, {1, 2}) == 1);
  CHECK(between(cosine{}, {0, 0}, {0, 0}) == 1);
}

TEST_CASE("metrics far from the origin do not cancel") {
  std::vector<float> const a(64, 1e4f);
  std::vector<float> b = a;
  b[5] += 0.0078125f;
  CHECK(between(squared_euclidean{}, a, b) == 0.0078125 * 0.0078125);
  CHECK(between(manhattan{}, a, b) == 0.0078125);
}

TEST_CASE("weighted_squared_euclidean refuses weights that are too many, negative or no numbers") {
  CHECK_NOTHROW((weighted_squared_euclidean{{1, 0}}.require_dim(2)));
  CHECK_NOTHROW((weighted_squared_euclidean{{1}}.require_dim(2)));
  CHECK_THROWS_AS((weighted_squared_euclidean{{1, 1, 1}}.require_dim(2)), shape_error);
  for (double const bad : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS((weighted_squared_euclidean{{1, bad}}.require_dim(2)), value_error);
}

TEST_CASE("weighted_squared_euclidean: weights start again after so many columns, and go with the columns") {
  weighted_squared_euclidean const metric{{2, 0.5}};
  std::vector<float> const a{1, 2, 3, 4, 5, 6}, b{2, 4, 4, 6, 5, 9};  // squares 1 4 1 4 0 9
  CHECK(between(metric, a, b) == 2 + 2 + 1 + 4 + 0 + 9);
  CHECK(between(metric.on_rows_of(3), a, b) == 2 + 2 + 1 + 8 + 0 + 9);
  CHECK(between(metric.on_rows_of(6), a, b) == between(metric, a, b));
  std::vector<std::ptrdiff_t> const kept{2, 0};
  CHECK(between(metric.on_columns(kept), {3, 1}, {4, 2}) == 3);
  CHECK(metric.on_columns(kept).weights == std::vector<double>{1, 2});
  CHECK(metric_on_part(metric, 6, 1, 2).weights == std::vector<double>{0.5, 1});
  CHECK_THROWS_AS((void)metric_on_part(metric, 1, 0, 1), shape_error);
  CHECK_THROWS_WITH_AS(metric.on_rows_of(4).require_dim(6),
                       "weighted_squared_euclidean: rows of 6 columns are no multiple of the 4 after which the weights "
                       "start again",
                       shape_error);
  std::vector<double> direction(6);
  (void)metric.on_rows_of(3).linear_form(std::span<float const>(a), std::span<double>(direction));
  CHECK(direction == std::vector<double>{2, 1, 3, 8, 2.5, 6});
}

TEST_CASE("representatives: the mean as it is, and scaled to unit length") {
  std::vector<double> word{3, 4}, zero{0, 0};
  representative::mean::from_mean(std::span<double>(word));
  CHECK(word == std::vector<double>{3, 4});
  representative::normalized_mean::from_mean(std::span<double>(word));
  CHECK(word[0] == doctest::Approx(0.6));
  CHECK(word[1] == doctest::Approx(0.8));
  representative::normalized_mean::from_mean(std::span<double>(zero));
  CHECK(zero == std::vector<double>{0, 0});
}
