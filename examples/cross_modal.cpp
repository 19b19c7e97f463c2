// SPDX-License-Identifier: MIT
/// \file  Paired views in; one codebook for all of them, and how well its codes carry meaning from view to view, out.
#include <CLI/CLI.hpp>

#include "common/named_file.hpp"
#include "common/option_checks.hpp"
#include "common/output_files.hpp"
#include "cross_modal/pairs.hpp"
#include "cross_modal/run.hpp"

namespace {

/// Options that take one value or several: a,b,c.
void declare_lists(CLI::App& app, program::setting_lists& l) {
  auto const list = [&](char const* name, auto& values, char const* what, auto check) {
    app.add_option(name, values, std::string(what) + "; of several values, training items choose")
        ->delimiter(',')
        ->check(check)
        ->capture_default_str();
  };
  using namespace program;
  list("--temperature", l.temperature, "of InfoNCE", number_above_0());
  list("--dropout", l.dropout, "in the general encoders", number_between(0, 0.95));
  list("--hidden", l.hidden, "units of the general encoders, 0: linear ones", whole_number(0, many));
  list("--weight-decay", l.weight_decay, "of Adam", number_of_at_least_0());
  list("--ridge", l.ridge, "of CCA", number_of_at_least_0());
  list("--directions", l.directions, "of CCA", whole_number(1, many));
}

void declare_options(CLI::App& app, program::settings& s, std::vector<std::string>& views,
                     std::vector<std::string>& without) {
  using namespace program;
  app.add_option("--view", views, "NAME=FILE of one modality: .npy, .npz:name, .fvecs, .bvecs; at least two");
  app.add_option("--labels", s.labels, "one integer per item (or per row), for the probe only");
  app.add_option("--split", s.split, "0 (training) or 1 (test) per item; default: a third for the test, by the seed");
  app.add_option("--model", s.model)->check(one_of({"vq", "dcid", "hdcid", "fcid"}))->capture_default_str();
  app.add_option("--without", without, "terms to leave out")
      ->check(one_of({"mm_ema", "align", "club", "cmcm", "reset", "recon"}))
      ->delimiter(',');
  app.add_option("--codes", s.codes,
                 "words of the shared codebook; default: " + std::to_string(default_codes) +
                     ", or in the demonstration and with --sequences " + std::to_string(demonstration_codes))
      ->check(whole_number(1, most_words));
  app.add_option("--dim", s.dim, "columns of the words")->check(whole_number(1, many))->capture_default_str();
  app.add_option("--time", s.time, "steps per item: rows are item * time + step")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_option("--toc", s.toc, "what to do with the best channels of each trained codebook")
      ->check(one_of({"none", "slice", "requantise"}))
      ->capture_default_str();
  app.add_option("--criterion", s.criterion, "for the best channels")
      ->check(one_of({"toc", "similarity", "variance", "paired"}))
      ->capture_default_str();
  app.add_option("--keep", s.keep,
                 "number of channels, or auto: by how well codes of paired items agree, on a quarter of the training "
                 "items that a second model is not trained on")
      ->capture_default_str();
  app.add_option("--lambda", s.lambda, "of the TOC criterion")->check(number_between(0, 1))->capture_default_str();
  app.add_option("--club", s.club, "released: as in DCID's code, to watch the specific features collapse")
      ->check(one_of({"library", "released"}))
      ->capture_default_str();
  app.add_flag("--sequences", s.sequences, "draw clips of 10 steps and three modalities, for every seed anew");
  app.add_option("--epochs", s.epochs)->check(whole_number(1, many))->capture_default_str();
  app.add_option("--batch", s.batch, "items per step")->check(whole_number(2, 1 << 20))->capture_default_str();
  app.add_option("--learning-rate", s.learning_rate)->check(number_above_0())->capture_default_str();
  declare_lists(app, s.lists);
  app.add_flag("--pairs", s.pairs, "every two of the views on their own, not all at once");
  app.add_flag("--held-out", s.held_out, "measure on a quarter of the training items, and leave the test alone");
  app.add_option("--seeds", s.seeds, "runs, each with its own split and start")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_option("--seed", s.seed, "the first one")->check(any_seed())->capture_default_str();
  app.add_option("--threads", s.threads, "0: all cores; the result is the same")
      ->check(whole_number(0, most_threads))
      ->capture_default_str();
  app.add_flag("--compare", s.compare, "also DCID, plain VQ, CCA + k-means and a probe on CCA without codes");
  app.add_flag("--ablate", s.ablate, "also the model without each of its terms");
  app.add_option("--json", s.json, "figures as JSON");
  app.add_option("--report", s.report, "self-contained HTML report");
  app.add_flag("--quiet", s.quiet, "print nothing but errors");
}

void use_sequences(program::settings& s, bool time_given) {
  if (!s.views.empty() || !s.labels.empty() || !s.split.empty())
    throw std::invalid_argument("--sequences draws its own views, labels and splits");
  std::size_t const steps = program::sequence_world().time;
  if (time_given && s.time != steps)
    throw std::invalid_argument("--sequences draws clips of " + std::to_string(steps) + " steps, not of --time " +
                                std::to_string(s.time));
  s.views = {{"video", ""}, {"audio", ""}, {"text", ""}};
  s.labels = "drawn";
  s.time = steps;
}

/// Without arguments: two views of the digits that ship with the library.
void use_digits(program::settings& s) {
  std::string const data = std::string(SIDERA_EXAMPLE_DATA_DIR) + "/digits/";
  s.views = {{"pix", data + "pix.npy"}, {"fou", data + "fou.npy"}};
  s.labels = data + "labels.npy";
  s.compare = true;
}

/// What the command line means, given what it says: `time_given` for --time.
void complete(program::settings& s, bool time_given) {
  bool const digits = !s.sequences && s.views.empty() && s.labels.empty();
  if (s.sequences) use_sequences(s, time_given);
  if (digits) use_digits(s);
  if (s.codes == 0) s.codes = digits || s.sequences ? program::demonstration_codes : program::default_codes;
}

/// --keep is auto or a number of channels.
void require_channels(program::settings const& s) {
  if (s.keep == "auto") return;
  auto const keep = program::detail::number_from<std::size_t>(s.keep);
  if (!keep || *keep == 0 || *keep > s.dim)
    throw std::invalid_argument("--keep takes a whole number from 1 to " + std::to_string(s.dim) +
                                " (--dim) or auto, not " + s.keep);
}

/// Options that the chosen mode does not look at are a misunderstanding.
void refuse_what_changes_nothing(CLI::App const& app, program::settings const& s) {
  auto const refuse = [&](char const* option, bool ignored, char const* why) {
    program::refuse_ignored(app, option, ignored, why);
  };
  for (char const* option : {"--criterion", "--keep", "--lambda"}) refuse(option, s.toc == "none", "without --toc");
  refuse("--lambda", s.criterion != "toc", "without --criterion toc");
  for (char const* option : {"--ridge", "--directions"}) refuse(option, !s.compare, "without --compare");
  refuse("--temperature", s.model == "vq" && !s.compare, "with --model vq");
  refuse("--temperature", s.without.contains("align"), "with --without align");
}

void check(program::settings const& s) {
  if (s.views.size() < 2) throw std::invalid_argument("name at least two views: --view NAME=FILE");
  std::set<std::string> names;
  for (auto const& [name, file] : s.views)
    if (!names.insert(name).second) throw std::invalid_argument("two views are named \"" + name + "\"");
  if (s.labels.empty()) throw std::invalid_argument("--labels is needed: the probe answers with them");
  if (s.model == "fcid" && s.views.size() < 3)
    throw std::invalid_argument("--model fcid needs three views: two fine ones and another one");
  if (s.pairs && s.sequences) throw std::invalid_argument("--pairs is for views from files");
  if (s.pairs && s.model == "fcid") throw std::invalid_argument("--model fcid needs three views at once, not --pairs");
  if (s.model == "vq" && (s.ablate || !s.without.empty()))
    throw std::invalid_argument(
        "--model vq has none of the terms that --without and --ablate leave out; they are for dcid, hdcid and fcid");
  require_channels(s);
  program::require_different({{"--json", s.json}, {"--report", s.report}},
                             {{"--labels", s.labels}, {"--split", s.split}}, s.views);
  program::require_writable({s.json, s.report});
}

/// `outcome`: of all views at once, or of each pair.
template <class Outcome>
void tell(program::settings const& s, Outcome const& outcome) {
  if (!s.report.empty()) sidera::write_file(s.report, program::html_text(outcome));
  if (!s.json.empty()) sidera::write_file(s.json, program::json_text(outcome));
  if (!s.quiet) program::print(outcome);
}

}  // namespace

int main(int argc, char** argv) {
  program::settings s;
  std::vector<std::string> views, without;
  CLI::App app("Codes that mean the same in every view. Without arguments: two views of handwritten digits.");
  declare_options(app, s, views, without);
  try {
    if (!program::parse_arguments(app, argc, argv)) return 0;
    for (std::string const& v : views) s.views.push_back(program::split_view(v));
    s.without.insert(without.begin(), without.end());
    complete(s, app.count("--time") > 0);
    check(s);
    refuse_what_changes_nothing(app, s);
    if (s.pairs)
      tell(s, program::run_pairs(s));
    else
      tell(s, program::run(s));
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "cross_modal: %s\n", problem.what());
    return 2;
  }
}
