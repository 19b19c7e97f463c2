// SPDX-License-Identifier: MIT
/// \file  Embeddings in; an encoder, residual codebooks and a decoder trained together, and semantic IDs, out.
#include <CLI/CLI.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/io/json_writer.hpp>

#include "common/option_checks.hpp"
#include "common/output_files.hpp"
#include "rq_vae/run.hpp"

namespace {

void declare_options(CLI::App& app, program::settings& s) {
  using namespace program;
  app.add_option("--view", s.view, "embeddings, a row each: .npy, .npz:name, .fvecs, .bvecs; default: the digits");
  auto const count = [&](char const* name, std::size_t& n, char const* what) {
    app.add_option(name, n, what)->check(whole_number(1, many))->capture_default_str();
  };
  count("--hidden", s.hidden, "units of the hidden layers");
  count("--latent", s.latent, "columns of the code words");
  count("--levels", s.levels, "codes per item");
  count("--words", s.words, "code words per level");
  count("--epochs", s.epochs, "passes over the rows");
  count("--batch", s.batch, "rows per step");
  app.add_option("--commitment", s.commitment)->check(number_of_at_least_0())->capture_default_str();
  app.add_option("--learning-rate", s.learning_rate)->check(number_above_0())->capture_default_str();
  app.add_option("--seed", s.seed)->check(any_seed())->capture_default_str();
  app.add_option("--threads", s.threads, "0: all cores; the result is the same")
      ->check(whole_number(0, most_threads))
      ->capture_default_str();
  app.add_option("--checkpoint", s.checkpoint, "file to save to after each epoch, and to go on from if it is there");
  app.add_option("--ids-out", s.ids_out, "semantic IDs of all rows (.npy, int32, items x levels)");
  app.add_option("--json", s.json, "figures as JSON");
  app.add_option("--twin", s.twin, "folder for what rq_vae/twin.py needs to repeat the training in Python");
  app.add_flag("--quiet", s.quiet, "print nothing but errors");
}

std::string json_text(program::result const& r) {
  sidera::json_writer json;
  json.object([&] {
    json.field("view", r.how.view);
    json.field("rows", r.rows);
    json.field("columns", r.columns);
    json.field("levels", r.how.levels);
    json.field("words", r.how.words);
    json.field("seed", r.how.seed);
    std::vector<double> losses, errors;
    for (auto const& e : r.epochs) losses.push_back(e.loss), errors.push_back(e.held_out);
    json.field("loss", losses);
    json.field("held_out_error", errors);
    json.field("perplexity", r.perplexity);
    json.field("unique_ratio", r.unique_ratio);
    json.field("seconds", r.seconds);
  });
  return json.text() + "\n";
}

void print(program::result const& r) {
  std::printf("%zu rows of %zu columns, %.1f s\nperplexity of the levels:", r.rows, r.columns, r.seconds);
  for (double const p : r.perplexity) std::printf(" %.1f", p);
  std::printf(" of %zu\ndistinct IDs per row: %.3f\n", r.how.words, r.unique_ratio);
}

}  // namespace

int main(int argc, char** argv) {
  program::settings s;
  CLI::App app("RQ-VAE: learns semantic IDs end to end. Without arguments: a demonstration on handwritten digits.");
  declare_options(app, s);
  try {
    if (!program::parse_arguments(app, argc, argv)) return 0;
    program::require_different({{"--json", s.json}, {"--ids-out", s.ids_out}, {"--checkpoint", s.checkpoint}},
                               {{"--view", s.view}});
    program::require_writable({s.json, s.ids_out, s.checkpoint});
    program::result const r = program::run(s);
    if (!s.json.empty()) sidera::write_file(s.json, json_text(r));
    if (!s.quiet) print(r);
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "rq_vae: %s\n", problem.what());
    return 2;
  }
}
