// SPDX-License-Identifier: MIT
#include <sidera/metrics/cosine.hpp>

#include "grid_parts.hpp"
#include "rules.hpp"

namespace program {

grid cosine_cells() {
  grid all = sidera::make_grid<sidera::quantizer_study>(families{}, sidera::metrics<sidera::cosine>{}, mean_rules{},
                                                        channels{});
  all.append(sidera::make_grid<sidera::quantizer_study>(families{}, sidera::metrics<sidera::cosine>{},
                                                        normalized_mean_rules{}, channels{}));
  return all;
}

}  // namespace program
