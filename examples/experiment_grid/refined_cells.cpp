// SPDX-License-Identifier: MIT
#include <sidera/experiments/refined_families.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/update_rules/lloyd.hpp>

#include "grid_parts.hpp"

namespace program {

grid refined_cells() {
  return sidera::make_grid<sidera::quantizer_study>(
      sidera::quantizer_families<sidera::rq_beam_family, sidera::rq_progressive_family, sidera::rq_refit_family,
                                 sidera::rq_beam_refit_family>{},
      sidera::metrics<sidera::squared_euclidean>{}, sidera::update_rules<sidera::lloyd>{},
      sidera::channel_choices<sidera::all_channels>{});
}

}  // namespace program
