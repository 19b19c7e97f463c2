// SPDX-License-Identifier: MIT
#pragma once
/// \file  The command line of semantic_ids and semantic_ids_mpi.
#include "../common/named_file.hpp"
#include "../common/option_checks.hpp"
#include "output_paths.hpp"
#include "settings.hpp"

namespace program {

inline void declare_options(CLI::App& app, settings& s, std::vector<std::string>& views) {
  app.add_option("--view", views,
                 "NAME=FILE of one modality: .npy, .npz:name, .fvecs, .bvecs; may be repeated. A pattern such as "
                 "'text=shards/*.npy' stands for its files, sorted by name");
  app.add_flag("--joint", s.joint, "also quantize all views side by side");
  app.add_option("--levels", s.levels, "codes per item (groups of columns with pq and opq)")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_option("--words", s.words, "code words per level: one number, or one per level")
      ->check(whole_number(1, most_words))
      ->delimiter(',');
  app.add_option("--scheme", s.scheme)->check(one_of({"psrq", "rq", "pq", "opq", "vq"}))->capture_default_str();
  app.add_option("--prefix-weight", s.prefix_weight, "of PSRQ: 0 is RQ, 1 is the paper")
      ->check(number_of_at_least_0())
      ->capture_default_str();
  app.add_option("--metric", s.metric)->check(one_of({"l2", "cosine", "ip", "l1"}))->capture_default_str();
  app.add_option("--update", s.update)->check(one_of({"lloyd", "minibatch", "ema", "balanced"}))->capture_default_str();
  app.add_option("--init", s.init)->check(one_of({"kmeans++", "random", "progressive"}))->capture_default_str();
  app.add_option("--beam", s.beam, "hypotheses kept per item")->check(whole_number(1, many))->capture_default_str();
  app.add_option("--iterations", s.iterations, "per level")->check(whole_number(0, many))->capture_default_str();
  app.add_option("--restarts", s.restarts, "trainings per level; the best one stays")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_option("--seed", s.seed)->check(any_seed())->capture_default_str();
  app.add_option("--memory", s.memory, "512M, 4G: read the views again and again, in blocks, in about so much memory");
  app.add_option("--threads", s.threads, "0: all cores; the result is the same")
      ->check(whole_number(0, most_threads))
      ->capture_default_str();
  app.add_option("--scale", s.scale, "of each view before anything else")
      ->check(one_of({"none", "l2", "zscore", "equal"}))
      ->capture_default_str();
  app.add_option("--missing", s.missing, "rows that are all zero or NaN: refuse NaN, skip the view, or take its mean")
      ->check(one_of({"refuse", "skip", "mean"}))
      ->capture_default_str();
  app.add_option("--resolve", s.resolve, "give items that share an ID one of their own; all: compare the ways")
      ->check(one_of({"none", "digit", "relocate", "capacity", "sinkhorn", "balance", "all"}))
      ->capture_default_str();
  app.add_option("--resolve-seeds", s.resolve_seeds, "seeds for --resolve all; with several, 95 % intervals")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_option("--labels", s.labels, "one integer per item, used for the report only");
  auto* out = app.add_option("--model-out", s.model_out, "save the codebooks (safetensors)");
  app.add_option("--model-in", s.model_in, "encode with saved codebooks instead of fitting")->excludes(out);
  app.add_option("--ids-out", s.ids_out, "folder for VIEW.npy (int32, items x levels) and VIEW.json (tokens)");
  app.add_option("--report", s.report, "self-contained HTML report");
  app.add_option("--json", s.json, "figures as JSON");
  app.add_flag("--compare", s.compare, "also fit prefix weights 0, .25, .5 and 1 (implied by --report)");
  app.add_option("--compare-seeds", s.compare_seeds,
                 "seeds per prefix weight; the table gives means with 95 % intervals")
      ->check(whole_number(1, many))
      ->capture_default_str();
  app.add_flag("--quiet", s.quiet, "print nothing but errors");
}

inline void check(settings& s) {
  if (s.views.empty()) throw std::invalid_argument("name at least one --view NAME=FILE");
  if (s.scheme == "vq") s.levels = 1;
  if (s.scheme == "vq" && s.words.size() > 1) throw std::invalid_argument("--scheme vq takes one number of --words");
  if (s.words.size() != 1 && s.words.size() != s.levels)
    throw std::invalid_argument("--words has " + std::to_string(s.words.size()) + " numbers for " +
                                std::to_string(s.levels) + " levels");
  if (s.resolve_seeds > 1 && !s.model_in.empty())
    throw std::invalid_argument("--resolve-seeds trains models: not with --model-in");
  if (s.joint && s.views.size() < 2) throw std::invalid_argument("--joint needs two views or more");
  for (auto const& [name, file] : s.views)
    if (name.find('/') != std::string::npos || name == "joint")
      throw std::invalid_argument("a view cannot be named \"" + name + "\"");
  if (!s.report.empty()) s.compare = true;
}

/// Options that the chosen scheme or mode does not look at are a misunderstanding. To be called after \ref check.
inline void refuse_what_changes_nothing(CLI::App const& app, settings const& s) {
  auto const refuse = [&](char const* option, bool ignored, std::string const& why) {
    refuse_ignored(app, option, ignored, why);
  };
  for (char const* option : {"--levels", "--words", "--scheme", "--prefix-weight", "--metric", "--update", "--init",
                             "--iterations", "--restarts", "--scale", "--compare", "--compare-seeds"})
    refuse(option, !s.model_in.empty(), "with --model-in: the model was trained before");
  refuse("--prefix-weight", s.scheme != "psrq", "with --scheme " + s.scheme);
  refuse("--levels", s.scheme == "vq", "with --scheme vq");
  for (char const* option : {"--compare", "--compare-seeds"}) {
    refuse(option, s.scheme != "psrq", "with --scheme " + s.scheme);
    refuse(option, s.update == "balanced", "with --update balanced");
  }
  refuse("--compare-seeds", !s.compare, "without --compare or --report");
  refuse("--resolve-seeds", s.resolve == "none", "without --resolve");
}

/// What the arguments say; nothing when they asked for help, which has then been given. Throws
/// std::invalid_argument. `adjust(settings, given)` may change what the arguments left open; given("--option") tells
/// whether they named it.
template <class Adjust>
[[nodiscard]] std::optional<settings> read_command_line(int argc, char** argv, char const* what, Adjust adjust) {
  settings s;
  std::vector<std::string> views;
  CLI::App app(what);
  declare_options(app, s, views);
  if (!parse_arguments(app, argc, argv)) return {};
  for (std::string const& v : views) s.views.push_back(split_view(v));
  s.weight_given = app.count("--prefix-weight") > 0;
  adjust(s, [&](char const* option) { return app.count(option) > 0; });
  check(s);
  refuse_what_changes_nothing(app, s);
  return s;
}

}  // namespace program
