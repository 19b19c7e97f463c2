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
