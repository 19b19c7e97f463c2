// SPDX-License-Identifier: MIT
// Quantizer x metric x update rule x channels as a grid of types: one table of what each combination buys and costs.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <sidera/core/thread_pool.hpp>
#include <sidera/experiments/run_grid.hpp>
#include <sidera/io/file_checksum.hpp>
#include <sidera/io/markdown.hpp>

#include "common/option_checks.hpp"
#include "common/output_files.hpp"
#include "experiment_grid/charts.hpp"
#include "experiment_grid/grid_parts.hpp"

namespace program {
namespace {

struct settings {
  std::string x, labels, journal, csv, jsonl, report;
  std::vector<double> levels = {3}, words = {16}, prefix_weight = {1}, keep = {0.5};
  std::size_t iterations = 25, epochs = 60, seeds = 1, threads = 0;
  std::uint64_t seed = 7;
  std::vector<std::string> only, figures;
  bool no_times = false, list = false, quiet = false;
};

void declare_options(CLI::App& app, settings& s) {
  app.add_option("--x", s.x,
                 "rows to quantize: .npy, .npz:name, .fvecs, .bvecs; the default is the pixels of the digits");
  app.add_option("--labels", s.labels, "one whole number per row");
  app.add_option("--levels", s.levels, "numbers to try")->delimiter(',')->check(whole_number(1, most_words));
  app.add_option("--words", s.words, "per level; numbers to try")->delimiter(',')->check(whole_number(1, most_words));
  app.add_option("--prefix-weight", s.prefix_weight, "of PSRQ; numbers to try")
      ->delimiter(',')
      ->check(number_of_at_least_0());
  app.add_option("--keep", s.keep, "share of the channels that TOC keeps; numbers to try")->delimiter(',');
  app.add_option("--iterations", s.iterations)->check(whole_number(1, many))->capture_default_str();
  app.add_option("--epochs", s.epochs, "of networks")->check(whole_number(1, many))->capture_default_str();
  app.add_option("--seed", s.seed, "the first one")->check(any_seed())->capture_default_str();
  app.add_option("--seeds", s.seeds, "how many")->check(whole_number(1, many))->capture_default_str();
  app.add_option("--only", s.only,
                 "run the cells that have one of these names on every axis that is named, for example RQ,PSRQ,lloyd")
      ->delimiter(',');
  app.add_option("--figures", s.figures, "show these in the table, for example \"relative error,NMI 1\"")
      ->delimiter(',');
  app.add_option("--journal", s.journal, "keeps what is finished; a second run goes on from there");
  app.add_option("--csv", s.csv, "write one line per experiment to this file");
  app.add_option("--jsonl", s.jsonl, "write one JSON object per experiment to this file");
  app.add_option("--report", s.report, "write the table as a web page with sortable columns");
  app.add_option("--threads", s.threads, "0: as many as there are cores")
      ->check(whole_number(0, most_threads))
      ->capture_default_str();
  app.add_flag("--no-times", s.no_times, "leave out the only figures that differ from run to run");
  app.add_flag("--list", s.list, "print the cells and what is impossible, and run nothing");
  app.add_flag("--quiet", s.quiet, "print nothing but errors");
}

[[nodiscard]] bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Of several names on one axis a cell has one; axes that are not named take all.
void keep_only(grid& all, std::vector<std::string> const& only) {
  std::vector<std::vector<std::string>> wanted(all.axes.size());
  for (std::string const& name : only) {
    bool known = false;
    for (auto const& cell : all.cells)
      for (std::size_t a = 0; a < wanted.size(); ++a) {
        if (cell.policies[a] != name) continue;
        known = true;
        if (!contains(wanted[a], name)) wanted[a].push_back(name);
      }
    if (!known) throw std::invalid_argument("--only: no cell has the name \"" + name + "\"; --list shows them");
  }
  std::erase_if(all.cells, [&](auto const& cell) {
    for (std::size_t a = 0; a < wanted.size(); ++a)
      if (!wanted[a].empty() && !contains(wanted[a], cell.policies[a])) return true;
    return false;
  });
  if (all.cells.empty()) throw std::invalid_argument("no cell has all the names of --only; --list shows them");
}

[[nodiscard]] grid chosen_cells(settings const& s) {
  grid all = squared_euclidean_cells();
  all.append(cosine_cells());
  all.append(refined_cells());
  all.append(trained_cells());
  keep_only(all, s.only);
  return all;
}

[[nodiscard]] sidera::quantizer_data load_data(settings const& s) {
  sidera::quantizer_data data{sidera::load_matrix<float>(s.x), {}, !s.no_times};
  if (!s.labels.empty()) data.labels = sidera::load_labels(s.labels);
  if (!data.labels.empty() && data.labels.size() != sidera::row_count(data.x))
    throw std::invalid_argument(s.labels + " has " + std::to_string(data.labels.size()) + " labels for " +
                                std::to_string(data.x.rows()) + " rows");
  return data;
}

/// What the figures depend on beside policies, numbers and seed: what is in the files, and the library.
[[nodiscard]] std::string data_name(settings const& s) {
  std::string name = "sidera " SIDERA_VERSION_STRING " " SIDERA_INSTRUCTION_SET;
  for (std::string const& file : {s.x, s.labels})
    if (!file.empty()) name += " " + file + " " + sidera::file_checksum(file);
  return name;
}

[[nodiscard]] sidera::grid_plan plan_of(settings const& s) {
  sidera::grid_plan plan;
  plan.numbers = {{"levels", s.levels},
                  {"words", s.words},
                  {"prefix weight", s.prefix_weight},
                  {"keep", s.keep},
                  {"iterations", {static_cast<double>(s.iterations)}},
                  {"epochs", {static_cast<double>(s.epochs)}}};
  plan.seeds.clear();
  for (std::size_t k = 0; k < s.seeds; ++k) plan.seeds.push_back(s.seed + k);
  plan.journal = s.journal;
  if (!s.journal.empty()) plan.data_name = data_name(s);
  return plan;
}

void list_cells(grid const& g) {
  auto const print = [](std::vector<std::string> const& names) {
    for (std::string const& name : names) std::printf("  %s", name.c_str());
    std::printf("\n");
  };
  std::printf("%zu combinations:\n", g.cells.size());
  for (auto const& cell : g.cells) print(cell.policies);
  std::printf("%zu ruled out while compiling, because rule and metric disagree on what represents a cell:\n",
              g.impossible.size());
  for (auto const& names : g.impossible) print(names);
}

/// The figures that the user wants to see, in the order of the study.
[[nodiscard]] sidera::result_table shown(settings const& s, sidera::result_table table) {
  if (!s.figures.empty())
    for (sidera::result_row& row : table.rows)
      std::erase_if(row.figures, [&](auto const& figure) {
        return std::find(s.figures.begin(), s.figures.end(), figure.first) == s.figures.end();
      });
  return table;
}

[[nodiscard]] std::string html_text(settings const& s, grid const& g, sidera::result_table const& table) {
  sidera::html_report report("Experiment grid", std::to_string(g.cells.size()) + " compositions of policies; " +
                                                    std::to_string(g.impossible.size()) +
                                                    " more were ruled out while compiling.");
  std::vector<std::pair<std::string, std::string>> facts = sidera::shared_settings(table);
  facts.insert(facts.begin(), {{"rows", s.x}, {"seeds", std::to_string(s.seeds)}});
  report.facts(facts);
  report.section("Results");
  report.paragraph("Click on the name of a column to sort by it.");
  report.sortable_table(sidera::summary_table(shown(s, table)));
  add_charts(report, table);
  return report.html();
}

void run(settings const& s) {
  grid const g = chosen_cells(s);
  if (s.list) return list_cells(g);
  require_different({{"--csv", s.csv}, {"--jsonl", s.jsonl}, {"--report", s.report}, {"--journal", s.journal}},
                    {{"--x", s.x}, {"--labels", s.labels}});
  require_writable({s.csv, s.jsonl, s.report, s.journal});
  sidera::quantizer_data const data = load_data(s);
  sidera::thread_pool pool(s.threads);
  sidera::result_table const table = sidera::run_grid(g, data, plan_of(s), pool);
  if (!s.csv.empty()) sidera::write_file(s.csv, sidera::csv_text(table));
  if (!s.jsonl.empty()) sidera::write_file(s.jsonl, sidera::json_lines(table));
  if (!s.report.empty()) sidera::write_file(s.report, html_text(s, g, table));
  if (s.quiet) return;
  for (auto const& [name, value] : sidera::shared_settings(table)) std::printf("%s %s  ", name.c_str(), value.c_str());
  std::printf("\n\n%s", sidera::markdown_table(sidera::summary_table(shown(s, table))).c_str());
  std::printf("\n%zu experiments; %zu combinations were ruled out while compiling (--list).\n", table.rows.size(),
              g.impossible.size());
}

}  // namespace
}  // namespace program

int main(int argc, char** argv) {
  program::settings s;
  CLI::App app("Every composition of quantizer, metric, update rule and channel choice on the same data.");
  program::declare_options(app, s);
  try {
    if (!program::parse_arguments(app, argc, argv)) return 0;
    if (s.x.empty()) {
      s.x = std::string(SIDERA_EXAMPLE_DATA_DIR) + "/digits/pix.npy";
      s.labels = std::string(SIDERA_EXAMPLE_DATA_DIR) + "/digits/labels.npy";
    }
    program::run(s);
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "experiment_grid: %s\n", problem.what());
    return 2;
  }
}
