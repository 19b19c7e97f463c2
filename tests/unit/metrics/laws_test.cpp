// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/metric_laws.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

namespace {

using namespace sidera;

/// A user's metric: the largest difference of a coordinate.
struct chebyshev {
  using representative_type = representative::mean;
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    T most = 0;
    for (std::size_t d = 0; d < a.size(); ++d) most = std::max(most, std::abs(a[d] - b[d]));
    return most;
  }
};

template <class M>
void nan_laws(M const& metric) {
  laws::law_nan_is_passed_on<float>(metric);
  laws::law_nan_is_passed_on<double>(metric);
}

}  // namespace

TEST_CASE("laws of squared_euclidean") {
  laws::divergence_laws(squared_euclidean{});
  laws::law_float_and_double_agree(squared_euclidean{});
  nan_laws(squared_euclidean{});
}

TEST_CASE("laws of weighted_squared_euclidean") {
  laws::divergence_laws(weighted_squared_euclidean{});
  laws::law_float_and_double_agree(weighted_squared_euclidean{{0.5}});
  laws::law_parameters_survive_a_file(weighted_squared_euclidean{{100, 0, 1e-3, 2}});
  laws::law_parameters_survive_a_file(weighted_squared_euclidean{{100, 0, 1e-3}, 4});
  laws::law_search_is_one_by_one<float>(weighted_squared_euclidean{{3}, 1});
  laws::law_self_is_nearest<float>(weighted_squared_euclidean{{0}});
  nan_laws(weighted_squared_euclidean{{2, 0.25}});
}

TEST_CASE("laws of cosine") {
  laws::divergence_laws(cosine{});
  laws::law_float_and_double_agree(cosine{});
}

TEST_CASE("laws of manhattan") {
  laws::divergence_laws(manhattan{});
  laws::law_float_and_double_agree(manhattan{});
  nan_laws(manhattan{});
}

TEST_CASE("laws of inner_product") {
  laws::metric_laws(inner_product{});
  laws::law_float_and_double_agree(inner_product{});
  nan_laws(inner_product{});
}

TEST_CASE("laws of a metric of the user's own") {
  laws::divergence_laws(chebyshev{});
}
