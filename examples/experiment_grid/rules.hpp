// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/lloyd.hpp>
#include <sidera/update_rules/mini_batch.hpp>

namespace program {

/// Means and normalised means. Each metric takes one half; the other is ruled out while compiling.
template <class C>
using rules_towards = sidera::update_rules<sidera::basic_lloyd<C>, sidera::basic_mini_batch<C>, sidera::basic_ema<C>,
                                           sidera::basic_balanced<C>>;
using mean_rules = rules_towards<sidera::representative::mean>;
using normalized_mean_rules = rules_towards<sidera::representative::normalized_mean>;

}  // namespace program
