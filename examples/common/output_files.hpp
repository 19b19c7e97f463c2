// SPDX-License-Identifier: MIT
#pragma once
#include <filesystem>
#include <initializer_list>
#include <map>
#include <sidera/io/atomic_file.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "named_file.hpp"

namespace program {

/// Throws file_error for a file that could not be written: before the work whose results it is for, not after. Leaves
/// nothing behind, and what is no regular file (a pipe) alone. Empty names are options that were not given.
inline void require_writable(std::initializer_list<std::string> files) {
  using kind = std::filesystem::file_type;
  for (std::string const& file : files) {
    if (file.empty()) continue;
    std::error_code ignored;
    kind const there = std::filesystem::status(file, ignored).type();
    if (there == kind::not_found || there == kind::regular || there == kind::directory)
      sidera::atomic_file const trial(file);
  }
}

/// An option and a file that it names; an empty name is an option that was not given.
using option_file = std::pair<std::string, std::string>;

/// Throws std::invalid_argument when an output would replace an input or another output. Devices and pipes take any
/// number.
inline void require_different(std::vector<option_file> const& outputs, std::vector<option_file> const& inputs) {
  auto const path_of = [](std::string const& file) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(file));
  };
  std::map<std::filesystem::path, std::string> seen;
  for (auto const& [option, file] : inputs)
    if (!file.empty()) seen.emplace(path_of(split_member(file).first), option);  // inputs may be read twice
  for (auto const& [option, file] : outputs) {
    if (file.empty() || file.starts_with("/dev/")) continue;
    if (auto const [other, added] = seen.emplace(path_of(file), option); !added)
      throw std::invalid_argument(other->second + " and " + option + " name the same file " + file);
  }
}

/// The same with the views (name, file) among the inputs.
inline void require_different(std::vector<option_file> const& outputs, std::vector<option_file> inputs,
                              std::vector<std::pair<std::string, std::string>> const& views) {
  for (auto const& [name, file] : views) inputs.emplace_back("--view " + name, file);
  require_different(outputs, inputs);
}

}  // namespace program
