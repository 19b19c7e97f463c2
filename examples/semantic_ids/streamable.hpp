// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>

#include "settings.hpp"

namespace program {

/// Throws std::invalid_argument for what cannot be done block by block.
inline void require_streamable(settings const& s) {
  auto const refuse = [](bool asked, std::string const& option, std::string const& why) {
    if (asked) throw std::invalid_argument("--memory reads the views block by block: " + option + " " + why);
  };
  std::string const whole = "needs all rows at once";
  refuse(!s.report.empty(), "--report", whole);
  refuse(s.compare, "--compare", whole);
  refuse(s.resolve != "none", "--resolve", whole);
  refuse(!s.labels.empty(), "--labels", whole);
  refuse(s.missing != "refuse", "--missing " + s.missing, whole);
  if (!s.model_in.empty()) return;
  refuse(s.scheme != "psrq" && s.scheme != "rq", "--scheme " + s.scheme, "is not trained so, psrq and rq are");
  refuse(s.metric != "l2", "--metric " + s.metric, "is not trained so, l2 is");
  refuse(s.update != "lloyd", "--update " + s.update, "is not trained so, lloyd is");
  refuse(s.init == "progressive", "--init progressive", whole);
  refuse(s.beam > 1, "--beam", "of more than 1 is not trained so");
  refuse(s.scale == "zscore" || s.scale == "equal", "--scale " + s.scale, whole);
}

}  // namespace program
