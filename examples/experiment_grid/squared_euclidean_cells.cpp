// SPDX-License-Identifier: MIT
#include <sidera/metrics/squared_euclidean.hpp>

#include "grid_parts.hpp"
#include "rules.hpp"

namespace program {

grid squared_euclidean_cells() {
  grid all = sidera::make_grid<sidera::quantizer_study>(families{}, sidera::metrics<sidera::squared_euclidean>{},
                                                        mean_rules{}, channels{});
  all.append(sidera::make_grid<sidera::quantizer_study>(families{}, sidera::metrics<sidera::squared_euclidean>{},
                                                        normalized_mean_rules{}, channels{}));
  return all;
}

}  // namespace program
