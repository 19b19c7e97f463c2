// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the command line of cross_modal says.
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// Options that may be given several values: each seed chooses among them on its training items.
struct setting_lists {
  std::vector<double> temperature = {0.1}, dropout = {0.2}, weight_decay = {0}, ridge = {0.1};
  std::vector<std::size_t> hidden = {128}, directions = {64};
};

struct settings {
  std::vector<std::pair<std::string, std::string>> views;  ///< name, file
  std::string labels, split;
  std::string model = "dcid";
  std::set<std::string> without = {};
  std::size_t codes = 0;  ///< 0: demonstration_codes or default_codes
  std::size_t dim = 64, time = 1;
  std::string toc = "none", criterion = "toc", keep = "auto";
  double lambda = 0.7;
  std::string club = "library";  ///< or "released": sampled, weight 1, rectified specific features, views as they come
  bool sequences = false;        ///< drawn clips instead of files
  std::size_t epochs = 60, batch = 128, seeds = 5, threads = 0;
  double learning_rate = 1e-3;
  setting_lists lists = {};
  double temperature = 0.1, dropout = 0.2, weight_decay = 0;  ///< the entries in use
  std::size_t hidden = 128;                                   ///< units of the general encoders; 0: they are linear
  double ridge = 0.1;                                         ///< of CCA
  std::size_t directions = 64;                                ///< of CCA
  std::uint64_t seed = 1;
  bool held_out = false;  ///< a quarter of the training items takes the place of the test
  bool pairs = false;     ///< every two of the views on their own
  bool compare = false, ablate = false, quiet = false;
  std::string json, report;
};

inline constexpr std::size_t default_codes = 400;       ///< as DCID's paper
inline constexpr std::size_t demonstration_codes = 64;  ///< for the digits and the drawn clips, which are few

/// What --without knows.
inline constexpr char const* term_names[] = {"mm_ema", "align", "club", "cmcm", "reset", "recon"};

}  // namespace program
