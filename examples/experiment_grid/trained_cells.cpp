// SPDX-License-Identifier: MIT
#include <sidera/experiments/trained_families.hpp>

#include "grid_parts.hpp"

namespace program {

grid trained_cells() {
  return sidera::make_grid<sidera::quantizer_study>(
      sidera::quantizer_families<sidera::conditional_family, sidera::rq_vae_family, sidera::sim_vq_family,
                                 sidera::rq_kmeans_plus_family, sidera::fsq_family, sidera::lfq_family>{},
      sidera::metrics<sidera::squared_euclidean>{}, sidera::update_rules<sidera::own_training>{},
      sidera::channel_choices<sidera::all_channels>{});
}

}  // namespace program
