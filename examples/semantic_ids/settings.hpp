// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the command line of semantic_ids says.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace program {

struct settings {
  std::vector<std::pair<std::string, std::string>> views;  ///< name, file or pattern
  bool joint = false;
  std::size_t levels = 3;
  std::vector<std::size_t> words = {64};  ///< one for all levels, or one per level
  std::string scheme = "psrq";
  double prefix_weight = 1;
  bool weight_given = false;  ///< or it is that of the paper, which nobody has chosen for this data
  std::string metric = "l2";
  std::string update = "lloyd";
  std::string init = "kmeans++";
  std::size_t beam = 1;
  std::size_t iterations = 25;
  std::size_t restarts = 1;
  std::uint64_t seed = 7;
  std::size_t threads = 0;
  std::string scale = "none";
  std::string missing = "refuse";
  std::string resolve = "none";  ///< or one of resolver_names, or "all" to compare them
  std::size_t resolve_seeds = 1;
  std::string memory;  ///< empty: everything is read at once
  std::string labels, model_out, model_in, ids_out, report, json;
  bool compare = false;
  std::size_t compare_seeds = 1;
  bool quiet = false;

  [[nodiscard]] std::vector<std::size_t> words_per_level() const {
    return words.size() == 1 ? std::vector<std::size_t>(levels, words.front()) : words;
  }
};

}  // namespace program
