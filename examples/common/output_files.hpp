// SPDX-License-Identifier: MIT
#pragma once
#include <filesystem>
#include <initializer_list>
#include <sidera/io/atomic_file.hpp>

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

}  // namespace program
