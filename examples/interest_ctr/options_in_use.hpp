// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which options the models look at: one that no model looks at was given by mistake.
#include "../common/option_checks.hpp"
#include "variants.hpp"

namespace program {

namespace detail {

/// What a model is made of, as far as options ask.
struct model_parts {
  bool codes = false, levels = false, prefix = false, joint = false, pooling = true, align = false;
};

[[nodiscard]] inline model_parts parts_of(std::string const& model) {
  if (model == "vbpr") return {.pooling = false};
  if (model == "din") return {};
  if (model == "simtier") return {.align = true};
  bool const mcca = model.starts_with("mcca"), aligned_always = model == "qarm" || model == "din+bbq";
  return {.codes = true,
          .levels = model != "din+vq",
          .prefix = mcca || model == "din+psrq",
          .joint = mcca && model != "mcca-without-mjc",
          .align = !aligned_always};
}

/// Whether the model of `v` looks at the option "--" + `name`; true for options that all of them look at.
[[nodiscard]] inline bool looks_at(model_variant const& v, std::string const& name) {
  model_parts const parts = parts_of(v.model);
  if (name == "words" || name == "init") return parts.codes;
  if (name == "scale") return parts.codes && (v.model != "mcca-without-msc" || v.how.joint_scale.empty());
  if (name == "levels") return parts.levels;
  if (name == "prefix-weight") return parts.prefix;
  if (name == "joint-scale") return parts.joint;
  if (name == "pooling") return parts.pooling;
  if (name == "align") return parts.align || (parts.pooling && v.how.pooling == "bucket");  // tiers of similarity
  if (name == "behaviour-weight") return v.model == "din+bbq" && v.how.shared_words;
  if (name == "shared") return v.model == "din+bbq";
  return true;
}

}  // namespace detail

/// Throws std::invalid_argument for an option that is given to a model, as in "din:levels=4", or to all models, and
/// changes none.
inline void refuse_what_changes_nothing(CLI::App const& app, settings const& s) {
  std::vector<model_variant> variants;
  for (std::string const& label : s.models) variants.push_back(variant_of(label, s));
  for (model_variant const& v : variants)
    for (std::string const& name : own_options(v.label))
      if (!detail::looks_at(v, name))
        throw std::invalid_argument("--model " + v.label + ": " + name + " would change nothing in " + v.model);
  for (std::string const name : {"levels", "words", "prefix-weight", "scale", "joint-scale", "align", "pooling"})
    refuse_ignored(
        app, ("--" + name).c_str(),
        std::none_of(variants.begin(), variants.end(), [&](auto const& v) { return detail::looks_at(v, name); }),
        "in the models that are trained");
  refuse_ignored(
      app, "--embedding-init",
      std::none_of(variants.begin(), variants.end(), [](auto const& v) { return detail::looks_at(v, "init"); }),
      "in the models that are trained");
  refuse_ignored(app, "--at", s.ranked_users == 0, "with --ranked-users 0");
}

}  // namespace program
