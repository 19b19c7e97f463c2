// SPDX-License-Identifier: MIT
/// \file  Embeddings and interactions in; rankers on semantic IDs and their baselines out, compared over seeds.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <sidera/core/thread_pool.hpp>
#include <sidera/io/atomic_file.hpp>
#include <span>
#include <string_view>

#include "common/named_file.hpp"
#include "common/option_checks.hpp"
#include "common/output_files.hpp"
#include "interest_ctr/finished.hpp"
#include "interest_ctr/options_in_use.hpp"
#include "interest_ctr/variants.hpp"

namespace {

void declare_options(CLI::App& app, program::settings& s, std::vector<std::string>& views) {
  using namespace program;
  auto const count = [&](char const* name, std::size_t& value, char const* help) {
    app.add_option(name, value, help)->check(whole_number(1, many))->capture_default_str();
  };
  app.add_option("--interactions", s.interactions,
                 "rows of user, item, split (0 train, 1 valid, 2 test)[, weight[, time]]");
  app.add_flag("--generated", s.generated, "a small set whose clicks depend on text and sound together");
  app.add_option("--view", views, "NAME=FILE of one modality of the items; may be repeated");
  app.add_option("--model", s.models,
                 "names of models, or all; a model may have options of its own, for example "
                 "mcca:prefix-weight=0.25:scale=none:align=0")
      ->delimiter(',');
  app.add_option("--versus", s.versus,
                 "models that the others are compared with, seed by seed, and that are trained for it; none: no "
                 "comparison; default: din, and with --generated din+psrq where it is trained")
      ->delimiter(',');
  count("--levels", s.levels, "codes per item and view");
  count("--words", s.words, "code words per level");
  app.add_option("--prefix-weight", s.prefix_weight, "of PSRQ: 0 is RQ, 1 is the paper")
      ->check(number_of_at_least_0())
      ->capture_default_str();
  app.add_option("--scale", s.scale, "of each view before it is quantized")
      ->check(one_of({"none", "l2", "zscore", "equal"}))
      ->capture_default_str();
  app.add_option("--joint-scale", s.joint_scale, "of the views of the joint codes, as --scale where it is not given")
      ->check(one_of({"none", "l2", "zscore", "equal"}));
  app.add_flag("--align", s.align,
               "align embeddings to who takes items together in training before they are quantized or compared, as "
               "qarm always does");
  count("--dim", s.dim, "of all embeddings");
  count("--history", s.history, "items of a history");
  count("--epochs", s.epochs, "");
  count("--batch", s.batch, "");
  app.add_option("--lr", s.learning_rate, "of Adam")->check(number_above_0())->capture_default_str();
  app.add_option("--weight-decay", s.weight_decay)->check(number_of_at_least_0())->capture_default_str();
  app.add_option("--deviation", s.deviation, "of the first values of the embeddings")
      ->check(number_above_0())
      ->capture_default_str();
  app.add_option("--embedding-init", s.embedding_init, "of code embeddings: random numbers, or words of the codebooks")
      ->check(one_of({"random", "centres"}))
      ->capture_default_str();
  app.add_option("--pooling", s.pooling,
                 "how a history is attended: by DIN's scorer, dot products, projections, or dot products with "
                 "biases by tiers of similarity")
      ->check(one_of({"din", "dot", "target", "bucket"}))
      ->capture_default_str();
  count("--negatives", s.negatives, "per interaction in training");
  count("--test-negatives", s.test_negatives,
        "per interaction in the questions; the same ones for all models and seeds");
  app.add_option("--negative-rule", s.rule)->check(one_of({"popularity", "uniform"}))->capture_default_str();
  app.add_option("--part", s.part, "what the figures are of")->check(one_of({"valid", "test"}))->capture_default_str();
  count("--cold", s.cold, "items with fewer training interactions are cold");
  count("--at", s.at, "k of NDCG@k and Recall@k, in lists of all items that a user does not know");
  app.add_option("--ranked-users", s.ranked_users, "users whose lists are ranked, 0: none")
      ->check(whole_number(0, many))
      ->capture_default_str();
  count("--seeds", s.seeds, "trainings per model");
  app.add_option("--threads", s.threads, "0: all cores; the result is the same")
      ->check(whole_number(0, most_threads))
      ->capture_default_str();
  app.add_option("--journal", s.journal, "keeps what is finished; a second run goes on from there");
  app.add_option("--json", s.json, "figures as JSON");
  app.add_option("--report", s.report, "the table as HTML");
}

/// What --generated takes where the command line says nothing else: enough to tell the models apart in seconds.
void use_generated(program::settings& s) {
  s.models = {"din", "din+psrq", "mcca", "mcca-without-mjc"};
  s.words = 16;
  s.levels = 2;
  s.dim = 16;
  s.epochs = 6;
  s.learning_rate = 3e-3;
  s.seeds = 3;
}

/// Whether the command line says so, or names no data.
bool wants_generated(int argc, char** argv) {
  std::span<char* const> const arguments(argv + 1, argv + argc);
  auto const any = [&](std::string_view option) {
    return std::any_of(arguments.begin(), arguments.end(), [&](std::string_view a) { return a.starts_with(option); });
  };
  return any("--generated") || !(any("--interactions") || any("--view"));
}

void check(program::settings& s) {
  if (s.generated && !(s.interactions.empty() && s.views.empty()))
    throw std::invalid_argument("--generated makes its own data: leave out --interactions and --view, or --generated");
  if (!s.generated && (s.interactions.empty() || s.views.empty()))
    throw std::invalid_argument("name --interactions FILE and at least one --view NAME=FILE");
  for (auto const& [name, file] : s.views)
    if (name == "id" || name == "joint" || name == "behaviour")
      throw std::invalid_argument("a view cannot be named \"" + name + "\"");
  program::complete_models(s);
  program::require_different({{"--json", s.json}, {"--report", s.report}, {"--journal", s.journal}},
                             {{"--interactions", s.interactions}}, s.views);
  program::require_writable({s.json, s.report, s.journal});
}

/// The questions that all models are asked.
program::question_set ask(program::settings const& s, program::data_set const& data) {
  auto const rule = s.rule == "uniform" ? sidera::negative_rule::uniform : sidera::negative_rule::popularity;
  auto const part = program::asked_part(s);
  return {sidera::make_samples(data.table, part, {s.history, s.test_negatives, rule, 0}),
          sidera::make_lists(data.table, part, s.history, s.ranked_users)};
}

/// One training per model and seed, spread over the threads: each is done by one thread, in the same way.
std::vector<program::model_result> train_all(program::settings const& s, program::data_set const& data) {
  program::question_set const asked = ask(s, data);
  auto const cold = data.table.cold_items(s.cold);
  program::require_cold_questions(asked.samples, cold);
  std::vector<program::model_variant> variants;
  for (auto const& label : s.models) variants.push_back(program::variant_of(label, s));
  std::vector<program::model_result> results(s.models.size());
  for (std::size_t m = 0; m < results.size(); ++m)
    results[m] = {s.models[m], std::vector<program::figures>(s.seeds), std::vector<double>(s.seeds)};
  program::finished_trainings finished(s);
  sidera::thread_pool pool(s.threads);
  pool.run(results.size() * s.seeds, [&](std::size_t job, std::size_t) {
    std::size_t const seed = job / results.size(), m = job % results.size();
    auto const& variant = variants[m];
    program::take_run(results[m], seed, finished.get(variant.label, seed + 1, [&] {
      auto const scores = program::train_and_score(variant.model, variant.how, data, asked, seed + 1);
      return program::named_run(program::measure(asked, cold, scores, s), scores);
    }));
  });
  for (auto& r : results)
    r.seconds_per_epoch =
        std::accumulate(r.seconds.begin(), r.seconds.end(), 0.0) / static_cast<double>(r.seconds.size());
  return results;
}

void write_report(std::string const& path, sidera::report_table const& table) {
  sidera::html_report report("Rankers on semantic IDs");
  report.paragraph(
      "Means and 95 % intervals over seeds; differences are paired by seed. Log loss is that of probabilities at the "
      "base "
      "rate of the questions.");
  report.table(table);
  sidera::write_file(path, report.html());
}

}  // namespace

int main(int argc, char** argv) {
  program::settings s;
  std::vector<std::string> views;
  CLI::App app("Rankers on semantic IDs and their baselines. Without data: a demonstration on generated ones.");
  s.generated = wants_generated(argc, argv);
  if (s.generated) use_generated(s);
  declare_options(app, s, views);
  try {
    if (!program::parse_arguments(app, argc, argv)) return 0;
    for (std::string const& v : views) s.views.push_back(program::split_view(v));
    check(s);
    program::refuse_what_changes_nothing(app, s);
    program::data_set const data = s.generated ? program::generated_data() : program::load_data(s);
    program::require_parts(data, s);
    auto const results = train_all(s, data);
    auto const table = program::table_of(s, results);
    if (!s.json.empty()) sidera::write_file(s.json, program::json_text(s, data, results));
    if (!s.report.empty()) write_report(s.report, table);
    std::fputs(sidera::markdown_table(table).c_str(), stdout);
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "interest_ctr: %s\n", problem.what());
    return 2;
  }
}
