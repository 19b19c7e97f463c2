// SPDX-License-Identifier: MIT
#pragma once
/// \file  The result as a self-contained HTML page.
#include <sidera/io/html_report.hpp>
#include <sidera/io/svg_chart.hpp>

#include "output.hpp"

namespace program {

using sidera::fixed_text;

[[nodiscard]] inline std::string count_of(std::size_t n, std::string const& what) {
  return sidera::count_text(n) + " " + what + (n == 1 ? "" : "s");
}

inline void add_levels(sidera::html_report& page, quality const& q) {
  bool const labelled = !q.nmi_labels.empty();
  sidera::report_table table;
  table.columns = {"level", "relative error", "perplexity", "words used", "Gini", "NMI with level 1"};
  if (labelled) table.columns.insert(table.columns.end(), {"NMI with labels", "purity"});
  for (std::size_t l = 0; l < q.usage.size(); ++l) {
    auto const& u = q.usage[l];
    table.rows.push_back({std::to_string(l + 1), fixed_text(q.relative_error[l], 4), fixed_text(u.perplexity, 1),
                          std::to_string(u.used), fixed_text(u.gini, 3), fixed_text(q.nmi_level1[l], 3)});
    if (!labelled) continue;
    table.rows.back().push_back(fixed_text(q.nmi_labels[l], 3));
    table.rows.back().push_back(fixed_text(q.purity_labels[l], 3));
  }
  page.table(table);
}

inline void add_charts(sidera::html_report& page, std::string const& name, quality const& q) {
  page.figure(
      sidera::line_chart({.title = "Relative error of " + name, .x_label = "level", .y_label = "relative error"},
                         {{name, q.relative_error}}),
      "Share of the variance that is lost after each level.");
  for (std::size_t l = 0; l < q.usage.size(); ++l)
    page.figure(sidera::usage_chart({.title = "Usage of level " + std::to_string(l + 1),
                                     .x_label = "words, most used first",
                                     .y_label = "items"},
                                    q.usage[l].counts, true),
                "Level " + std::to_string(l + 1) + ": " + std::to_string(q.usage[l].used) + " of " +
                    std::to_string(q.usage[l].counts.size()) + " words used, perplexity " +
                    fixed_text(q.usage[l].perplexity, 1) + ".");
}

inline void add_collisions(sidera::html_report& page, result const& r) {
  page.section("Collisions");
  page.paragraph(
      "Items with equal codes share their ID. In a ranking model this is harmless: codes are features. Where the ID "
      "must name one item, collisions have to be resolved.");
  sidera::report_table table;
  table.columns = {"view",        "items",          "distinct IDs",  "unique ratio",
                   "items alone", "largest bucket", "entropy ratio", "missing"};
  for (std::string const& name : r.names) {
    quality const& q = r.views.at(name);
    auto const& c = q.collisions;
    table.rows.push_back({name, std::to_string(c.items), std::to_string(c.distinct), fixed_text(c.unique_ratio, 3),
                          fixed_text(c.no_collision_rate, 3), std::to_string(c.largest_bucket),
                          fixed_text(c.entropy_ratio, 3), std::to_string(q.missing)});
  }
  page.table(table);
}

inline void add_comparison(sidera::html_report& page, result const& r) {
  page.section("What the prefix weight buys and costs");
  page.paragraph(
      "Weight 0 is plain residual quantization (RQ), weight 1 is PSRQ as published. A larger weight keeps the meaning "
      "of the first code in the later ones; it costs reconstruction and distinct IDs.");
  for (std::string const& name : r.names) {
    bool const labelled = !r.views.at(name).nmi_labels.empty();
    page.heading(name);
    page.table(comparison_table(r, name));
    std::vector<sidera::chart_series> lines;
    for (alternative const& a : r.alternatives)
      lines.push_back({"weight " + sidera::to_text(a.prefix_weight),
                       mean_levels(a, name, labelled ? &quality::nmi_labels : &quality::nmi_level1)});
    page.figure(sidera::line_chart({.title = "Retained meaning, " + name,
                                    .x_label = "level",
                                    .y_label = labelled ? "NMI with the labels" : "NMI with level 1"},
                                   lines),
                "What the codes of each level still say.");
    lines.clear();
    for (alternative const& a : r.alternatives)
      lines.push_back({"weight " + sidera::to_text(a.prefix_weight), mean_levels(a, name, &quality::relative_error)});
    page.figure(sidera::line_chart(
                    {.title = "Relative error, " + name, .x_label = "level", .y_label = "relative error"}, lines),
                "The price: what reconstruction loses.");
  }
}

[[nodiscard]] inline std::string html_text(result const& r) {
  sidera::html_report page("Semantic IDs", count_of(r.items, "item") + ", " + count_of(r.how.views.size(), "view") +
                                               ", " + r.how.scheme + " with " + count_of(r.how.levels, "level"));
  page.facts({{"scheme", r.how.scheme},
              {"prefix weight", sidera::to_text(r.how.prefix_weight)},
              {"metric", r.how.metric},
              {"update rule", r.how.update},
              {"scaling", r.how.scale},
              {"seed", std::to_string(r.how.seed)},
              {"fit", fixed_text(r.fit_seconds, 2) + " s"},
              {"encode", fixed_text(r.encode_seconds, 3) + " s"},
              {"sidera", SIDERA_VERSION_STRING " (" SIDERA_INSTRUCTION_SET ")"}});
  for (std::string const& name : r.names) {
    quality const& q = r.views.at(name);
    page.section(name == "joint" ? "All views together" : "View " + name);
    page.tiles({{fixed_text(q.collisions.unique_ratio, 3), "distinct IDs per item"},
                {fixed_text(q.relative_error.back(), 3), "relative error"},
                {fixed_text(q.usage.back().perplexity, 1), "perplexity of the last level"}});
    add_levels(page, q);
    add_charts(page, name, q);
  }
  add_collisions(page, r);
  if (!r.alternatives.empty()) add_comparison(page, r);
  return page.html();
}

}  // namespace program
