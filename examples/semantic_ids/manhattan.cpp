// SPDX-License-Identifier: MIT
#include <sidera/metrics/manhattan.hpp>

#include "compositions.hpp"

sidera::any_quantizer<float> program::manhattan_quantizer(settings const& s) {
  return with_rule(s, sidera::manhattan{});
}
