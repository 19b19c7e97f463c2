// SPDX-License-Identifier: MIT
#include <sidera/metrics/cosine.hpp>

#include "compositions.hpp"

sidera::any_quantizer<float> program::cosine_quantizer(settings const& s) {
  return with_rule(s, sidera::cosine{});
}
