// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/metric_laws.hpp>
#include <laws/sample_data.hpp>
#include <sidera/core/random.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

namespace {

/// A user's linear metric that says nothing of its resolution: squared distance in a space stretched by 2.
struct stretched {
  template <sidera::Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    return static_cast<T>(exact(a, b));
  }
  template <sidera::Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d) {
      double const difference = 2 * (static_cast<double>(a[d]) - static_cast<double>(b[d]));
      sum += difference * difference;
    }
    return sum;
  }
  template <sidera::Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word, std::span<double> direction) const {
    double square = 0;
    for (std::size_t d = 0; d < word.size(); ++d) {
      direction[d] = 4 * static_cast<double>(word[d]);
      square += direction[d] * static_cast<double>(word[d]);
    }
    return -square / 2;
  }
};
static_assert(sidera::LinearMetric<stretched> && !sidera::Divergence<stretched>);

/// A user's sum of terms: the smooth distance of Huber, with delta 1.
struct huber {
  static constexpr double term_roundings = 4;
  template <class Number>
  [[nodiscard]] static Number term(Number x, Number y) {
    Number const d = sidera::simd::absolute(x - y);
    Number const inside = d * d * Number(0.5f), outside = d - Number(0.5f);
    if constexpr (std::is_floating_point_v<Number>)
      return d > 1 ? outside : inside;
    else
      return select(d > Number(1.0f), outside, inside);
  }
  template <sidera::Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    return static_cast<T>(exact(a, b));
  }
  template <sidera::Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d) sum += term(static_cast<double>(a[d]), static_cast<double>(b[d]));
    return sum;
  }
};
static_assert(sidera::TermMetric<huber> && !sidera::LinearMetric<huber>);

}  // namespace

TEST_CASE("Distances of two short rows") {
  std::vector<float> const x{1, 2, 3}, y{2, 4, 3}, zero{0, 0, 0};
  std::span<float const> const a(x), b(y), o(zero);
  CHECK(sidera::squared_euclidean{}(a, b) == 5.0f);
  CHECK(sidera::manhattan{}(a, b) == 3.0f);
  CHECK(sidera::inner_product{}(a, b) == -19.0f);
  CHECK(sidera::cosine{}.exact(a, b) == doctest::Approx(1 - 19 / std::sqrt(14.0 * 29.0)));
  CHECK(sidera::cosine{}.exact(a, o) == 1);
  CHECK(sidera::cosine{}.exact(o, o) == 1);
  CHECK(sidera::weighted_squared_euclidean{{3, 0.5, 7}}.exact(a, b) == 5);
  CHECK(sidera::weighted_squared_euclidean{{3}}.exact(a, b) == 7);
}

TEST_CASE("Every metric keeps the laws, at all row lengths up to two registers and one") {
  for (std::size_t const dim : {1u, 2u, 3u, 7u, 8u, 9u, 15u, 16u, 17u, 33u}) {
    auto const rows = laws::clustered(36, dim, 9, dim);
    CAPTURE(dim);
    laws::check_metric(sidera::squared_euclidean{}, rows, 1e-5);
    laws::check_metric(sidera::cosine{}, rows, 1e-5);
    laws::check_metric(sidera::inner_product{}, rows, 1e-4);
    laws::check_metric(sidera::manhattan{}, rows, 1e-5);
  }
}

TEST_CASE("Weights, some of them zero or missing, keep the laws") {
  for (std::size_t const dim : {1u, 5u, 17u}) {
    std::vector<double> weights;
    for (std::size_t d = 0; d < dim; ++d) weights.push_back(0.75 * static_cast<double>(d % 4));
    laws::check_metric(sidera::weighted_squared_euclidean{weights}, laws::clustered(30, dim, 5, 40 + dim), 1e-5);
    weights.resize(dim / 2);
    laws::check_metric(sidera::weighted_squared_euclidean{weights}, laws::clustered(30, dim, 5, 50 + dim), 1e-5);
  }
}

TEST_CASE("Metrics of a user's own keep the laws") {
  laws::check_metric(stretched{}, laws::clustered(40, 11, 9, 1), 1e-5);
  laws::check_metric(huber{}, laws::clustered(40, 11, 9, 2, 1.0), 1e-5);
}

TEST_CASE("Weights that make no distance are refused") {
  using sidera::weighted_squared_euclidean;
  using search = sidera::word_search<float, weighted_squared_euclidean>;
  auto const words = laws::gaussian(4, 3, 1);
  CHECK_THROWS_AS((search(words, {{1, 2, 3, 4}})), sidera::shape_error);
  CHECK_THROWS_AS((search(words, {{1, -2, 3}})), sidera::value_error);
  CHECK_THROWS_AS((search(words, {{1, std::numeric_limits<double>::quiet_NaN(), 3}})), sidera::value_error);
  CHECK_THROWS_AS((search(words, {{1, std::numeric_limits<double>::infinity(), 3}})), sidera::value_error);
}
