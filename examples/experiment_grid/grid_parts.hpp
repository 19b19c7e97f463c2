// SPDX-License-Identifier: MIT
#pragma once
/// \file  The grid in parts: each .cpp compiles some of the cells, so that parts compile side by side.
#include <sidera/experiments/quantizer_study.hpp>

namespace program {

using grid = sidera::experiment_grid<sidera::quantizer_data>;

using families = sidera::quantizer_families<sidera::vq_family, sidera::rq_family, sidera::psrq_family,
                                            sidera::pq_family, sidera::opq_family>;
using channels = sidera::channel_choices<sidera::all_channels, sidera::best_channels<>>;

[[nodiscard]] grid squared_euclidean_cells();
[[nodiscard]] grid cosine_cells();
[[nodiscard]] grid refined_cells();  ///< residual quantizers with a beam, joint refits, another start
[[nodiscard]] grid trained_cells();  ///< quantizers that train networks

}  // namespace program
