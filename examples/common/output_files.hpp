// SPDX-License-Identifier: MIT
#pragma once
#include <filesystem>
#include <initializer_list>
#include <map>
#include <sidera/io/atomic_file.hpp>
#include <stdexcept>
#include <utility>

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

/// Throws std::invalid_argument when two options (name, file) name one file, of which one output would replace the
/// other. Devices and pipes take any number.
inline void require_different(std::initializer_list<std::pair<char const*, std::string>> outputs) {
  std::map<std::filesystem::path, char const*> seen;
  for (auto const& [option, file] : outputs) {
    if (file.empty() || file.starts_with("/dev/")) continue;
    auto const path = std::filesystem::weakly_canonical(std::filesystem::absolute(file));
    if (auto const [other, added] = seen.emplace(path, option); !added)
      throw std::invalid_argument(std::string(other->second) + " and " + option + " name the same file " + file);
  }
}

}  // namespace program
