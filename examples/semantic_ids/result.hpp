// SPDX-License-Identifier: MIT
#pragma once
#include <map>

#include "quality.hpp"
#include "resolve.hpp"
#include "settings.hpp"

namespace program {

/// Another prefix weight with otherwise equal settings: what PSRQ buys and costs.
struct alternative {
  double prefix_weight;
  std::vector<std::map<std::string, quality>> per_seed;  ///< by view
};

struct result {
  settings how;
  std::size_t items = 0;
  std::vector<std::string> names;  ///< of the views, the joint view last
  std::map<std::string, sidera::code_matrix> codes;
  std::map<std::string, quality> views;
  std::vector<std::map<std::string, std::vector<resolved_ids>>> resolved;  ///< per seed and view, if asked for
  std::vector<alternative> alternatives;
  double fit_seconds = 0, encode_seconds = 0;
};

}  // namespace program
