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

/// "a.npz:text" -> {"a.npz", ":text"}: what follows the file's name. Any other name is a file's.
[[nodiscard]] inline std::pair<std::string, std::string> split_member(std::string const& spec) {
  auto const colon = spec.rfind(".npz:");
  if (colon == std::string::npos) return {spec, {}};
  return {spec.substr(0, colon + 4), spec.substr(colon + 4)};
}

}  // namespace program
