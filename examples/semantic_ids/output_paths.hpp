// SPDX-License-Identifier: MIT
#pragma once
/// \file  The files that a run will write: all of different names, and tried before hours of training.
#include <filesystem>

#include "../common/output_files.hpp"
#include "settings.hpp"
#include "shards.hpp"

namespace program {

/// A folder that is made for a moment, unless it is there.
class trial_folder {
 public:
  explicit trial_folder(std::filesystem::path const& folder) {
    for (auto f = std::filesystem::absolute(folder); !std::filesystem::exists(f); f = f.parent_path())
      made_.push_back(f);
    std::filesystem::create_directories(folder);
  }
  trial_folder(trial_folder const&) = delete;
  trial_folder& operator=(trial_folder const&) = delete;
  ~trial_folder() {
    std::error_code ignored;
    for (auto const& f : made_) std::filesystem::remove(f, ignored);
  }

 private:
  std::vector<std::filesystem::path> made_;  ///< the innermost first
};

/// Throws std::invalid_argument when an output would replace another one or a file that is read.
inline void require_different(settings const& s) {
  std::vector<option_file> outputs{{"--model-out", s.model_out}, {"--report", s.report}, {"--json", s.json}};
  std::vector<option_file> inputs{{"--labels", s.labels}, {"--model-in", s.model_in}};
  for (auto const& [name, pattern] : s.views) {
    for (std::string const& file : shards_of(pattern)) inputs.emplace_back("--view " + name, file);
    for (char const* ending : {".npy", ".json"})
      if (!s.ids_out.empty()) outputs.emplace_back("--ids-out", s.ids_out + "/" + name + ending);
  }
  require_different(outputs, inputs);
}

/// Throws file_error, std::filesystem::filesystem_error or std::invalid_argument for outputs that cannot be written or
/// would replace what is needed. Leaves nothing behind.
inline void require_writable(settings const& s) {
  require_different(s);
  require_writable({s.model_out, s.report, s.json});
  if (s.ids_out.empty()) return;
  trial_folder const trial(s.ids_out);
  for (auto const& [name, file] : s.views)
    require_writable({s.ids_out + "/" + name + ".npy", s.ids_out + "/" + name + ".json"});
}

}  // namespace program
