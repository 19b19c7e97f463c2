// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// "text=a.npy" -> {"text", "a.npy"}: what --view takes. Throws std::invalid_argument.
[[nodiscard]] inline std::pair<std::string, std::string> split_view(std::string const& argument) {
  auto const equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    throw std::invalid_argument("--view takes NAME=FILE, not \"" + argument + "\"");
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

}  // namespace program
