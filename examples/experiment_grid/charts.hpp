// SPDX-License-Identifier: MIT
#pragma once
/// \file  The table of a grid as charts: means over the seeds.
#include <sidera/experiments/result_table.hpp>
#include <sidera/io/svg_chart.hpp>

namespace program {

/// All seeds of one experiment.
struct charted_cell {
  std::string label;  ///< what tells it from the others
  std::vector<sidera::result_row const*> rows;

  /// NaN where no seed has the figure.
  [[nodiscard]] double mean(std::string const& figure) const {
    double sum = 0, count = 0;
    for (auto const* row : rows)
      for (auto const& [name, value] : row->figures)
        if (name == figure) sum += value, ++count;
    return sum / count;
  }
};

[[nodiscard]] inline std::vector<charted_cell> charted_cells(sidera::result_table const& table) {
  auto const key = [](sidera::result_row const& row) {
    std::vector<std::string> parts = row.policies;
    for (auto const& [name, value] : row.point.numbers) parts.push_back(name + " " + sidera::to_text(value));
    return parts;
  };
  std::vector<charted_cell> cells;
  std::vector<std::vector<std::string>> known;
  for (sidera::result_row const& row : table.rows) {
    auto const at = static_cast<std::size_t>(std::find(known.begin(), known.end(), key(row)) - known.begin());
    if (at == known.size()) known.push_back(key(row)), cells.push_back({});
    cells[at].rows.push_back(&row);
  }
  for (std::size_t c = 0; c < cells.size(); ++c)
    for (std::size_t part = 0; part < known[c].size(); ++part)
      if (std::any_of(known.begin(), known.end(), [&](auto const& k) { return k[part] != known[c][part]; }))
        cells[c].label += (cells[c].label.empty() ? "" : ", ") + known[c][part];
  return cells;
}

/// Bars of the error and of distinct IDs, and lines of what each level says about the labels. Nothing for one
/// experiment and for more than can be told apart.
inline void add_charts(sidera::html_report& report, sidera::result_table const& table) {
  std::vector<charted_cell> const cells = charted_cells(table);
  if (cells.size() < 2 || cells.size() > 24) return;
  std::vector<std::string> labels;
  for (charted_cell const& cell : cells) labels.push_back(cell.label);
  for (std::string const figure : {"relative error", "unique ratio"}) {
    sidera::chart_series bars{figure, {}};
    for (charted_cell const& cell : cells) bars.y.push_back(cell.mean(figure));
    report.figure(sidera::bar_chart({.title = figure, .x_label = "", .y_label = figure}, labels, {bars}),
                  "The " + figure + " of each experiment, mean over the seeds.");
  }
  std::vector<sidera::chart_series> lines;
  for (charted_cell const& cell : cells) {
    sidera::chart_series line{cell.label, {}};
    for (std::size_t l = 1; std::isfinite(cell.mean("NMI " + std::to_string(l))); ++l)
      line.y.push_back(cell.mean("NMI " + std::to_string(l)));
    if (line.y.size() > 1 && lines.size() < 8) lines.push_back(std::move(line));
  }
  if (!lines.empty())
    report.figure(sidera::line_chart({.title = "Retained meaning", .x_label = "level", .y_label = "NMI"}, lines),
                  "What the codes of each level say about the labels.");
}

}  // namespace program
