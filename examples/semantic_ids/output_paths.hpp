// SPDX-License-Identifier: MIT
#pragma once
/// \file  The files that a run will write: all of different names, and tried before hours of training.
#include <filesystem>
#include <set>
#include <sidera/io/atomic_file.hpp>

#include "settings.hpp"

namespace program {

/// Throws std::invalid_argument when two options name the same file.
inline void require_different_outputs(settings const& s) {
  std::set<std::filesystem::path> seen;
  for (std::string const& path : {s.model_out, s.report, s.json})
    if (!path.empty() && !path.starts_with("/dev/") &&
        !seen.insert(std::filesystem::weakly_canonical(std::filesystem::absolute(path))).second)
      throw std::invalid_argument("--model-out, --report and --json name the same file " + path + " twice");
}

/// Throws file_error unless a file can be made at `path`. Leaves nothing behind, and what is no regular file (a pipe)
/// alone.
inline void require_writable_file(std::string const& path) {
  std::error_code ignored;
  auto const kind = std::filesystem::status(path, ignored).type();
  if (kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular ||
      kind == std::filesystem::file_type::directory)
    sidera::atomic_file const trial(path);
}

/// Makes the folder of the IDs, and throws file_error or std::filesystem::filesystem_error for outputs that cannot be
/// written.
inline void require_writable(settings const& s) {
  for (std::string const& path : {s.model_out, s.report, s.json})
    if (!path.empty()) require_writable_file(path);
  if (s.ids_out.empty()) return;
  std::filesystem::create_directories(s.ids_out);
  for (auto const& [name, file] : s.views) {
    require_writable_file(s.ids_out + "/" + name + ".npy");
    require_writable_file(s.ids_out + "/" + name + ".json");
  }
}

}  // namespace program
