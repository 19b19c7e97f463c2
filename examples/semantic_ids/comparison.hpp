// SPDX-License-Identifier: MIT
#pragma once
/// \file  Other prefix weights with otherwise equal settings: what PSRQ buys and costs.
#include <cstdio>
#include <sidera/core/number_text.hpp>
#include <sidera/evaluation/confidence.hpp>
#include <sidera/io/markdown.hpp>

#include "result.hpp"

namespace program {

/// A figure of one view over the seeds: its mean and half the width of its 95 % interval (0 for one seed).
struct spread {
  double mean = 0, half_width = 0;
};

template <class Get>
[[nodiscard]] spread over_seeds(alternative const& a, std::string const& view, Get get) {
  std::vector<double> values;
  for (auto const& views : a.per_seed) values.push_back(get(views.at(view)));
  if (values.size() == 1) return {values.front(), 0};
  auto const interval = sidera::mean_interval(values);
  return {interval.mean, (interval.high - interval.low) / 2};
}

[[nodiscard]] inline std::string spread_text(spread s, int decimals, bool with_interval) {
  std::string text = sidera::fixed_text(s.mean, decimals);
  return with_interval ? text + " ± " + sidera::fixed_text(s.half_width, decimals) : text;
}

[[nodiscard]] inline std::vector<double> mean_levels(alternative const& a, std::string const& view,
                                                     std::vector<double> quality::*member) {
  std::vector<double> means((a.per_seed.front().at(view).*member).size());
  for (std::size_t l = 0; l < means.size(); ++l)
    means[l] = over_seeds(a, view, [&](quality const& q) { return (q.*member)[l]; }).mean;
  return means;
}

/// One row per prefix weight. With several seeds every figure is mean ± half the width of its 95 % interval.
[[nodiscard]] inline sidera::report_table comparison_table(result const& r, std::string const& view) {
  bool const labelled = !r.views.at(view).nmi_labels.empty();
  auto const member = labelled ? &quality::nmi_labels : &quality::nmi_level1;
  std::size_t const levels = r.views.at(view).usage.size();
  sidera::report_table table;
  table.columns = {view + ": weight", "relative error", "unique ratio",
                   "perplexity of level " + std::to_string(levels)};
  for (std::size_t l = 1; l < levels; ++l)
    table.columns.push_back(std::string(labelled ? "NMI labels" : "NMI level 1") + ", level " + std::to_string(l + 1));
  for (alternative const& a : r.alternatives) {
    bool const intervals = a.per_seed.size() > 1;
    auto const text = [&](int decimals, auto get) {
      return spread_text(over_seeds(a, view, get), decimals, intervals);
    };
    std::vector<std::string> row = {sidera::to_text(a.prefix_weight),
                                    text(3, [](quality const& q) { return q.relative_error.back(); }),
                                    text(3, [](quality const& q) { return q.collisions.unique_ratio; }),
                                    text(1, [](quality const& q) { return q.usage.back().perplexity; })};
    for (std::size_t l = 1; l < levels; ++l) row.push_back(text(3, [&](quality const& q) { return (q.*member)[l]; }));
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Markdown tables, ready to be pasted.
inline void print_comparison(result const& r) {
  std::printf("\nWhat the prefix weight buys and costs (0 is RQ, 1 is PSRQ as published)");
  if (r.alternatives.front().per_seed.size() > 1)
    std::printf(", mean and 95 %% interval over %zu seeds", r.alternatives.front().per_seed.size());
  std::printf(":\n");
  for (std::string const& name : r.names) {
    std::printf("\n");
    std::fputs(sidera::markdown_table(comparison_table(r, name)).c_str(), stdout);
  }
  std::printf("\n");
}

}  // namespace program
