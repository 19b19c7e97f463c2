// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <filesystem>
#include <initializer_list>
#include <sidera/core/error.hpp>
#include <string>

namespace program {

/// Throws file_error for a file that could not be written: before the work whose results it is for, not after. Empty
/// names are options that were not given.
inline void require_writable(std::initializer_list<std::string> files) {
  namespace fs = std::filesystem;
  for (std::string const& file : files) {
    if (file.empty()) continue;
    if (fs::is_directory(file)) throw sidera::file_error(file, "is a folder");
    fs::path const parent = fs::path(file).parent_path(), folder = parent.empty() ? fs::path(".") : parent;
    if (!fs::is_directory(folder)) throw sidera::file_error(file, "cannot be written: there is no such folder");
    bool const directly = fs::exists(file) && !fs::is_regular_file(file);  // /dev/stdout, a pipe
    if (::access(directly ? file.c_str() : folder.c_str(), W_OK) != 0)
      throw sidera::file_error(file, "cannot be written: no permission");
  }
}

}  // namespace program
