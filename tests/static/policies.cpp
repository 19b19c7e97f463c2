// SPDX-License-Identifier: MIT
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/update_rules/coordinate_median.hpp>
#include <sidera/update_rules/ema.hpp>

using namespace sidera;

// A metric and a rule agree on what represents a cell.
static_assert(UpdateRuleFor<lloyd, squared_euclidean>);
static_assert(UpdateRuleFor<ema, squared_euclidean>);
static_assert(UpdateRuleFor<coordinate_median, manhattan>);
static_assert(!UpdateRuleFor<lloyd, manhattan>);
static_assert(!UpdateRuleFor<ema, manhattan>);
static_assert(!UpdateRuleFor<lloyd, cosine>);
static_assert(!UpdateRuleFor<coordinate_median, squared_euclidean>);
static_assert(!UpdateRuleFor<lloyd, inner_product>);

// Neither numbers nor other policies are policies.
static_assert(!Metric<int> && !Metric<lloyd>);
static_assert(!UpdateRule<squared_euclidean> && !ResidualScheme<lloyd>);
static_assert(!Scalar<int> && !Scalar<long double> && !Scalar<float const>);

// Template arguments are deduced from the constructor, and those not named from those named.
using named = decltype(residual_quantizer({.levels = 2}, squared_euclidean{}, lloyd{}, prefix_residual{}));
using defaulted = decltype(residual_quantizer({.levels = 2}));
static_assert(std::same_as<named, residual_quantizer<squared_euclidean, lloyd, prefix_residual>>);
static_assert(std::same_as<defaulted, residual_quantizer<>>);

// Empty policies cost nothing.
struct padded_metric : squared_euclidean {
  double hyper_parameter = 1;
};
static_assert(std::is_empty_v<squared_euclidean> && std::is_empty_v<lloyd>);
static_assert(sizeof(word_search<float, padded_metric>) >=
              sizeof(word_search<float, squared_euclidean>) + sizeof(double));
