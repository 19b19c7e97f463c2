// SPDX-License-Identifier: MIT
#pragma once
#include "settings.hpp"

namespace program {

/// The whole job on views that stay in their files (--memory). Throws std::invalid_argument for what needs all rows at
/// once.
void run_streamed(settings const& s);

}  // namespace program
