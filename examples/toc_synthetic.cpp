// SPDX-License-Identifier: MIT
/// \file  What TOC does and does not do, on paired data whose informative, redundant and nuisance channels are known.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <sidera/core/number_text.hpp>
#include <sidera/evaluation/confidence.hpp>
#include <sidera/io/markdown.hpp>

#include "common/option_checks.hpp"
#include "toc_synthetic/measure.hpp"

namespace {

/// "0.793 ± 0.012", the interval at 95 %; the mean alone for one seed. `get(figures of a seed)` -> number.
template <class F, class Get>
std::string mean_text(std::vector<F> const& seeds, Get get) {
  std::vector<double> values;
  for (F const& f : seeds) values.push_back(get(f));
  auto const i = sidera::mean_interval(values);
  std::string const mean = sidera::fixed_text(i.mean, 3);
  return values.size() == 1 ? mean : mean + " ± " + sidera::fixed_text(i.half_width(), 3);
}

template <class F>
struct column {
  char const* name;
  toc::figures F::*of;
};

/// Accuracies in one row, agreements in the next.
template <class F>
void add_rows(sidera::report_table& table, std::string const& name, std::vector<F> const& seeds,
              std::vector<column<F>> const& columns) {
  std::vector<std::string> right = {name, "accuracy"}, equal = {"", "codes equal"};
  for (auto const& c : columns) {
    right.push_back(mean_text(seeds, [&](F const& f) { return (f.*c.of).accuracy; }));
    equal.push_back(mean_text(seeds, [&](F const& f) { return (f.*c.of).agreement; }));
  }
  table.rows.push_back(right);
  table.rows.push_back(equal);
}

template <class F>
sidera::report_table empty_table(char const* first, std::vector<column<F>> const& columns) {
  sidera::report_table table;
  table.columns = {first, ""};
  for (auto const& c : columns) table.columns.emplace_back(c.name);
  return table;
}

void print_redundant(std::uint64_t seeds) {
  using F = toc::redundant_figures;
  std::vector<column<F>> const columns = {{"all 128", &F::all},
                                          {"TOC slice", &F::slice},
                                          {"TOC requantise", &F::requantised},
                                          {"variance alone", &F::variance},
                                          {"similarity alone", &F::similarity},
                                          {"random", &F::random},
                                          {"worst by TOC", &F::worst},
                                          {"known", &F::known},
                                          {"TOC, number by pairs", &F::by_pairs}};
  auto table = empty_table("nuisance", columns);
  std::string shares;
  for (double const strength : {0.0, 1.0, 2.0}) {
    std::vector<F> all;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) all.push_back(toc::measure_redundant(strength, seed));
    std::string const name = sidera::fixed_text(strength, 0);
    add_rows(table, name, all, columns);
    shares += "nuisance " + name + ": " + mean_text(all, [](F const& f) { return f.informative_share; }) +
              " of the channels that TOC keeps are informative; the number chosen by pairs is " +
              mean_text(all, [](F const& f) { return f.pairs_count; }) + "\n";
  }
  std::printf(
      "48 informative, 48 redundant and 32 nuisance channels, 48 are kept; a probe of one modality is asked about "
      "the other\n\n%s\n%s\n",
      sidera::markdown_table(table).c_str(), shares.c_str());
}

void print_gap(std::uint64_t seeds) {
  using F = toc::gap_figures;
  std::vector<column<F>> const columns = {
      {"all 128", &F::all}, {"TOC requantise", &F::by_words}, {"paired criterion", &F::by_pairs}, {"known", &F::known}};
  auto table = empty_table("words move by", columns);
  std::string shares;
  for (double const cross : {0.0, 0.5}) {
    std::vector<F> all;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) all.push_back(toc::measure_gap(cross, seed));
    std::string const name = cross == 0 ? "own modality" : "MM-EMA";
    add_rows(table, name, all, columns);
    shares += name + ": words of both modalities " + mean_text(all, [](F const& f) { return f.words_of_both; }) +
              "; informative among the kept, TOC " + mean_text(all, [](F const& f) { return f.words_hits; }) +
              ", paired " + mean_text(all, [](F const& f) { return f.pairs_hits; }) + "\n";
  }
  std::printf("48 informative channels and 80 that hold nothing but the modality, 48 are kept\n\n%s\n%s",
              sidera::markdown_table(table).c_str(), shares.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 5;
  CLI::App app("Channel selection by TOC on data whose channels are known; chance is 1/32.");
  app.add_option("--seeds", seeds)->check(program::whole_number(1, program::many))->capture_default_str();
  try {
    if (!program::parse_arguments(app, argc, argv)) return 0;
    print_redundant(seeds);
    print_gap(seeds);
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "toc_synthetic: %s\n", problem.what());
    return 2;
  }
}
