// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reading, fitting, encoding and measuring: the job itself.
#include <sidera/core/thread_pool.hpp>
#include <sidera/io/load.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/quantizers/multi_view_quantizer.hpp>

#include "../common/stopwatch.hpp"
#include "choose_quantizer.hpp"
#include "progress.hpp"
#include "result.hpp"
#include "shards.hpp"

namespace program {

/// One of the scalings of the library, chosen at run time.
struct chosen_scaling {
  std::string name = "none";

  template <sidera::Scalar T>
  [[nodiscard]] sidera::view_transform<T> fit(sidera::matrix_cref<T> const& x) const {
    if (name == "l2") return sidera::unit_row_scaling{}.fit<T>(x);
    if (name == "zscore") return sidera::z_score_scaling{}.fit<T>(x);
    if (name == "equal") return sidera::equal_energy_scaling{}.fit<T>(x);
    return sidera::no_scaling{}.fit<T>(x);
  }
};

using model_type = sidera::multi_view_quantizer<sidera::any_quantizer<float>, chosen_scaling>;

/// Rows that are all zero or all NaN lack the view, unless the user refuses missing rows.
inline void mark_missing(sidera::view<float>& v) {
  v.present.assign(sidera::row_count(v.x), true);
  for (sidera::index_t i = 0; i < v.x.rows(); ++i)
    v.present[static_cast<std::size_t>(i)] = !(v.x.row(i).array() == 0).all() && !v.x.row(i).array().isNaN().all();
}

[[nodiscard]] inline std::vector<sidera::view<float>> load_views(settings const& s) {
  std::vector<sidera::view<float>> views;
  for (auto const& [name, file] : s.views) {
    views.push_back({name, load_shards(file)});
    if (s.missing != "refuse") mark_missing(views.back());
  }
  return views;
}

[[nodiscard]] inline std::vector<std::int32_t> load_item_labels(settings const& s, std::size_t items) {
  if (s.labels.empty()) return {};
  std::vector<std::int32_t> labels = sidera::load_labels(s.labels);
  if (labels.size() != items)
    throw sidera::shape_error("--labels", s.labels + " has " + std::to_string(labels.size()) + " labels for " +
                                              std::to_string(items) + " items");
  return labels;
}

[[nodiscard]] inline model_type make_model(settings const& s) {
  auto const missing = s.missing == "skip"   ? sidera::missing_policy::skip
                       : s.missing == "mean" ? sidera::missing_policy::mean
                                             : sidera::missing_policy::refuse;
  return model_type(choose_quantizer(s), {.joint = s.joint, .missing = missing}, {s.scale});
}

/// The settings that decide which codes a model gives, as metadata of the saved file.
inline void put_settings(sidera::field_set& f, settings const& s) {
  f.metadata["program"] = "semantic_ids";
  f.metadata["program.scheme"] = s.scheme;
  f.metadata["program.metric"] = s.metric;
  f.metadata["program.update"] = s.update;
  f.metadata["program.scale"] = s.scale;
  f.metadata["program.prefix_weight"] = sidera::to_text(s.prefix_weight);
  f.metadata["program.levels"] = sidera::to_text(s.levels);
}

/// Takes from a saved model what the command line does not decide any more.
[[nodiscard]] inline model_type load_model(settings& s) {
  sidera::field_set const f = sidera::load_fields(s.model_in);
  s.scheme = f.get_text("program.scheme");
  s.metric = f.get_text("program.metric");
  s.update = f.get_text("program.update");
  s.scale = f.get_text("program.scale");
  s.prefix_weight = sidera::from_text<double>(f.get_text("program.prefix_weight"), "--model-in");
  s.levels = sidera::from_text<std::size_t>(f.get_text("program.levels"), "--model-in");
  s.words.resize(1);
  model_type model = make_model(s);
  model.load(f);
  return model;
}

[[nodiscard]] inline std::map<std::string, quality> measure_all(model_type const& model,
                                                                std::vector<sidera::view<float>> const& views,
                                                                sidera::view_codes const& codes,
                                                                std::vector<std::int32_t> const& labels) {
  std::map<std::string, quality> out;
  for (std::string const& name : model.names())
    out[name] = sidera::measure_codes(model.quantizer(name), model.scaled_rows(views, name), codes.at(name), labels);
  return out;
}

/// Fits with other prefix weights, everything else equal, for as many seeds as the user wants.
inline void compare(result& r, std::vector<sidera::view<float>> const& views, std::vector<std::int32_t> const& labels,
                    sidera::executor_ref executor, progress_line& progress) {
  for (double const weight : {0.0, 0.25, 0.5, 1.0}) {
    alternative other{weight, {}};
    for (std::size_t k = 0; k < r.how.compare_seeds; ++k) {
      settings s = r.how;
      s.prefix_weight = weight;
      s.seed += k;
      model_type model = make_model(s);
      (void)model.fit(views, executor, progress.watch());
      progress.next_fit();
      other.per_seed.push_back(measure_all(model, views, model.encode(views, executor), labels));
    }
    r.alternatives.push_back(std::move(other));
  }
}

[[nodiscard]] inline std::map<std::string, std::vector<resolved_ids>> resolve_views(
    settings const& s, model_type const& model, std::vector<sidera::view<float>> const& views,
    sidera::view_codes const& codes) {
  std::map<std::string, std::vector<resolved_ids>> resolved;
  for (std::string const& name : model.names()) {
    sidera::matrix<float> const x = model.scaled_rows(views, name);
    for (char const* resolver : resolver_names)
      if (s.resolve == "all" || s.resolve == resolver)
        resolved[name].push_back(resolve(resolver, model.quantizer(name), x, codes.at(name)));
  }
  return resolved;
}

/// With one resolver the codes become its IDs; "all" only compares them, over as many seeds as the user wants.
inline void resolve_all(result& r, model_type const& model, std::vector<sidera::view<float>> const& views,
                        sidera::executor_ref executor) {
  if (r.how.resolve == "none") return;
  r.resolved.push_back(resolve_views(r.how, model, views, r.codes));
  if (r.how.resolve != "all")
    for (std::string const& name : r.names) r.codes.at(name) = r.resolved.front().at(name).front().ids;
  for (std::size_t k = 1; k < r.how.resolve_seeds; ++k) {
    settings s = r.how;
    s.seed += k;
    model_type other = make_model(s);
    (void)other.fit(views, executor);
    r.resolved.push_back(resolve_views(s, other, views, other.encode(views, executor)));
  }
}

/// The whole job but for the files that it writes. `fields` becomes what --model-out saves.
[[nodiscard]] inline result run(settings s, sidera::field_set& fields) {
  bool const fits = s.model_in.empty();
  model_type model = fits ? make_model(s) : load_model(s);
  std::vector<sidera::view<float>> const views = load_views(s);
  result r;
  r.items = sidera::row_count(views.front().x);
  std::vector<std::int32_t> const labels = load_item_labels(s, r.items);
  sidera::thread_pool pool(s.threads);
  bool const compares = s.compare && fits && s.scheme == "psrq" && s.update != "balanced";
  progress_line progress(s.quiet, compares ? 1 + 4 * s.compare_seeds : 1);
  stopwatch watch;
  if (fits) (void)model.fit(views, pool, progress.watch());
  progress.next_fit();
  r.fit_seconds = watch.lap();
  r.codes = model.encode(views, pool);
  r.encode_seconds = watch.lap();
  r.names = model.names();
  r.views = measure_all(model, views, r.codes, labels);
  r.how = std::move(s);
  resolve_all(r, model, views, pool);
  if (compares) compare(r, views, labels, pool, progress);
  fields = model.fields();
  put_settings(fields, r.how);
  return r;
}

}  // namespace program
