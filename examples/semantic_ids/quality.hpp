// SPDX-License-Identifier: MIT
#pragma once
/// \file  The figures that semantic_ids reports of the codes of one view.
#include <sidera/experiments/code_quality.hpp>
#include <sidera/quantizers/any_quantizer.hpp>

namespace program {

using quality = sidera::code_quality;

}  // namespace program
