// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rule that fits a metric when the user names none.
#include <sidera/update_rules/coordinate_median.hpp>
#include <sidera/update_rules/lloyd.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {
template <class M>
struct default_rule {  // a metric without a representative can search but not train
  using type = lloyd;
};
template <Divergence M>
struct default_rule<M> {
  using type = basic_lloyd<typename M::representative_type>;
};
template <Divergence M>
requires std::same_as<typename M::representative_type, representative::median>
struct default_rule<M> {
  using type = coordinate_median;
};
}  // namespace detail

/// \ref lloyd, \ref spherical_mean or \ref coordinate_median, whichever takes the metric's representative.
template <class M>
using default_rule_t = typename detail::default_rule<M>::type;

}  // namespace sidera::inline SIDERA_ABI
