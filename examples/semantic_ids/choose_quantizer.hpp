// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/quantizers/any_quantizer.hpp>

#include "settings.hpp"

namespace program {

/// The quantizer that the command line asks for. Throws std::invalid_argument for combinations that make no sense.
[[nodiscard]] sidera::any_quantizer<float> choose_quantizer(settings const& s);

}  // namespace program
