// SPDX-License-Identifier: MIT
#pragma once
/// \file  Every two views on their own: one row per pair, and the means over all pairs.
#include "output.hpp"

namespace program {

[[nodiscard]] inline std::string pair_name(result const& r) {
  return r.how.views.front().first + ", " + r.how.views.back().first;
}

/// Per seed, the mean over the pairs of views.
[[nodiscard]] inline std::vector<double> mean_over_pairs(std::vector<result> const& all, std::size_t which,
                                                         bool ceiling) {
  std::vector<double> sum(all.front().how.seeds, 0.0);
  for (result const& r : all) {
    auto const values = mean_accuracies(r.variants[which], ceiling);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += values[k] / static_cast<double>(all.size());
  }
  return sum;
}

/// One row per pair of views, their mean, and how far the first variant's mean is above each of the others, seed by
/// seed.
[[nodiscard]] inline sidera::report_table pairs_table(std::vector<result> const& all) {
  sidera::report_table table;
  auto const& variants = all.front().variants;
  table.columns = {"views"};
  for (variant const& v : variants) table.columns.push_back(v.name);
  table.columns.insert(table.columns.begin() + 2, "its ceiling");
  auto const row = [&](std::string const& name, auto accuracy) {
    std::vector<std::string> cells = {name};
    for (std::size_t k = 0; k < variants.size(); ++k) cells.push_back(with_interval(accuracy(k, false)));
    cells.insert(cells.begin() + 2, with_interval(accuracy(0, true)));
    return cells;
  };
  for (result const& r : all)
    table.rows.push_back(row(pair_name(r), [&](std::size_t k, bool c) { return mean_accuracies(r.variants[k], c); }));
  table.rows.push_back(row("mean", [&](std::size_t k, bool c) { return mean_over_pairs(all, k, c); }));
  auto const first = mean_over_pairs(all, 0, false);
  auto ahead = row(variants.front().name + " less that",
                   [&](std::size_t k, bool c) { return differences(first, mean_over_pairs(all, k, c)); });
  ahead[1] = "";
  table.rows.push_back(std::move(ahead));
  return table;
}

inline void print(std::vector<result> const& all) {
  result const& one = all.front();
  std::printf(
      "Accuracy from view to view, each pair of views on its own; %zu items, %zu codes, %zu seeds; chance %s\n\n%s",
      one.items, one.how.codes, one.how.seeds, chance_text(one).c_str(),
      sidera::markdown_table(pairs_table(all)).c_str());
}

[[nodiscard]] inline std::string json_text(std::vector<result> const& all) {
  sidera::json_writer json;
  json.object([&] {
    put_run(json, all.front());
    put_chance(json, all.front());
    json.key("pairs_of_views").array([&] {
      for (result const& r : all)
        for (variant const& v : r.variants)
          json.object([&] {
            json.field("views", pair_name(r));
            json.field("name", v.name);
            json.field("missing", r.missing);
            put_pairs(json, v);
            put_codes(json, v);
            put_choices(json, v);
          });
    });
    json.key("mean").array([&] {
      for (std::size_t k = 0; k < all.front().variants.size(); ++k)
        json.object([&] {
          json.field("name", all.front().variants[k].name);
          put_figure(json, "accuracy", mean_over_pairs(all, k, false));
          put_figure(json, "ceiling", mean_over_pairs(all, k, true));
        });
    });
  });
  return json.text() + "\n";
}

[[nodiscard]] inline std::string html_text(std::vector<result> const& all) {
  sidera::html_report page("Cross-modal codes, pair by pair");
  page.paragraph(
      "Accuracy of a linear probe that is trained on the code words of one view and tested on those of the other, mean "
      "of both directions. Every pair of views has a model of its own. Intervals are 95 %, over seeds.");
  page.table(pairs_table(all));
  for (result const& r : all) {
    page.section(pair_name(r));
    page.table(variant_table(r));
  }
  return page.html();
}

}  // namespace program
