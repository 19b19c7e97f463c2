// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the command line of cross_modal says.
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace program {

struct settings {
  std::vector<std::pair<std::string, std::string>> views;  ///< name, file
  std::string labels, split;
  std::string model = "dcid";
  std::set<std::string> without = {};
  std::size_t codes = 64, dim = 64, time = 1;
  std::string toc = "none", criterion = "toc", keep = "auto";
  double lambda = 0.7;
  std::size_t epochs = 60, batch = 128, seeds = 5, threads = 0;
  double learning_rate = 1e-3, temperature = 0.1, dropout = 0.2;
  std::uint64_t seed = 1;
  bool compare = false, ablate = false, quiet = false;
  std::string json, report;
};

/// What --without knows.
inline constexpr char const* term_names[] = {"mm_ema", "align", "club", "cmcm", "reset", "recon"};

}  // namespace program
