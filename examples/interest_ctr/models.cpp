// SPDX-License-Identifier: MIT
/// \file  Names on the command line become layouts of the ranker.
#include "models.hpp"

#include <algorithm>
#include <cmath>
#include <sidera/interest/bucket_bias_attention.hpp>
#include <sidera/interest/feature_factorization.hpp>
#include <sidera/interest/item_alignment.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/interest/ranker_trainer.hpp>

#include "../common/stopwatch.hpp"
#include "item_codes.hpp"

namespace program {
namespace {

/// A layout of the ranker, and the words that its code tables may start at.
struct plan {
  sidera::ranker_layout layout;
  sidera::centre_start<float> centres = {};

  /// The codes of a view for the layout; the words are kept here.
  sidera::item_view with(coded_view coded) {
    centres.words[coded.view.name] = std::move(coded.words);
    return std::move(coded.view);
  }
};

/// Embeddings aligned to which items the same users take in training.
sidera::matrix<float> aligned(sidera::matrix<float> const& x, settings const& s, data_set const& data,
                              std::uint64_t seed) {
  sidera::item_alignment<float> align({.dim = s.dim, .seed = seed});
  align.fit(x, data.table);
  return align(x);
}

/// VQ and RQ codes of aligned embeddings.
plan qarm_plan(settings const& s, data_set const& data, std::uint64_t seed) {
  sidera::matrix<float> const z = aligned(side_by_side(data.views, s.scale), s, data, seed);
  plan p;
  auto one = p.with(code_items("vq", z, "vq", s, seed)), many = p.with(code_items("rq", z, "rq", s, seed));
  p.layout = sidera::din_layout(data.table.items, {std::move(one), std::move(many)});
  return p;
}

/// Behaviour vectors, QARM's alignment of all views together, and what the same map makes of every view alone: sources
/// in one space.
std::vector<sidera::view<float>> aligned_sources(settings const& s, data_set const& data, std::uint64_t seed) {
  sidera::matrix<float> const all = side_by_side(data.views, s.scale);
  sidera::item_alignment<float> align({.dim = s.dim, .seed = seed});
  align.fit(all, data.table);
  std::vector<sidera::view<float>> sources{{"behaviour", align(all)}};
  sidera::index_t first = 0;
  for (auto const& v : data.views) {
    sidera::matrix<float> alone = sidera::matrix<float>::Zero(all.rows(), all.cols());
    alone.middleCols(first, v.x.cols()) = all.middleCols(first, v.x.cols());
    sources.emplace_back(v.name, align(alone));
    first += v.x.cols();
  }
  return sources;
}

/// DIN with the codes of all of them, in words that behaviour dominates.
plan bbq_plan(settings const& s, data_set const& data, std::uint64_t seed) {
  auto const sources = aligned_sources(s, data, seed);
  plan p;
  std::vector<sidera::item_view> views;
  if (s.shared_words)
    for (auto& coded : code_together(sources, {{"behaviour", s.behaviour_weight}}, s, seed))
      views.push_back(p.with(std::move(coded)));
  else
    for (auto const& source : sources) views.push_back(p.with(code_items(source.name, source.x, "rq", s, seed)));
  p.layout = sidera::din_layout(data.table.items, std::move(views));
  return p;
}

plan plan_of(std::string const& model, settings const& s, data_set const& data, std::uint64_t seed) {
  std::size_t const items = data.table.items;
  if (model == "din" || model == "simtier") return {sidera::din_layout(items)};
  if (model == "qarm") return qarm_plan(s, data, seed);
  if (model == "din+bbq") return bbq_plan(s, data, seed);
  plan p;
  auto const codes = [&](std::string const& name, sidera::matrix<float> const& x, std::string const& kind) {
    return p.with(code_items(name, s.align ? aligned(x, s, data, seed) : x, kind, s, seed));
  };
  std::vector<sidera::item_view> modalities;
  if (model.starts_with("din+")) {
    modalities.push_back(codes(data.views.front().name, scaled(data.views.front().x, s.scale), model.substr(4)));
    p.layout = sidera::din_layout(items, std::move(modalities));
    return p;
  }
  if (model != "mcca-without-msc")
    for (auto const& v : data.views) modalities.push_back(codes(v.name, scaled(v.x, s.scale), "psrq"));
  if (model == "mcca-without-mjc")
    p.layout = sidera::mcca_without_joint_layout(items, std::move(modalities));
  else
    p.layout = sidera::mcca_layout(
        items, std::move(modalities),
        codes("joint", side_by_side(data.views, s.joint_scale.empty() ? s.scale : s.joint_scale), "psrq"));
  return p;
}

/// Raw similarities of target and history in every view.
sidera::similarity_tiers<float> tiers_of(settings const& s, data_set const& data, std::uint64_t seed) {
  std::vector<sidera::matrix<float>> features;
  for (auto const& v : data.views) {
    auto x = scaled(v.x, "equal");
    features.push_back(s.align ? aligned(x, s, data, seed) : std::move(x));
  }
  return {std::move(features), 10};
}

/// The semantic ID by which the tower sees the target, as a number per item.
std::vector<sidera::code_t> target_ids(sidera::ranker_layout const& layout, std::size_t items) {
  std::vector<sidera::item_view const*> views;
  for (auto const& name : layout.target)
    if (name != "id") views.push_back(&layout.views[layout.find(name)]);
  return id_numbers(views, items);
}

template <class Model>
std::vector<double> probabilities(Model const& model, sidera::ranking_batch const& questions) {
  std::vector<double> out;
  for (float const logit : model.score(questions)) out.push_back(1 / (1 + std::exp(-static_cast<double>(logit))));
  return out;
}

template <class Model>
trained_scores trained(Model model, settings const& s, data_set const& data, question_set const& asked,
                       std::uint64_t seed) {
  sidera::ranker_trainer trainer(model, {s.batch, s.learning_rate, s.weight_decay, seed});
  auto const rule = s.rule == "uniform" ? sidera::negative_rule::uniform : sidera::negative_rule::popularity;
  trained_scores out;
  out.parameters = model.store().count();
  stopwatch watch;
  for (std::size_t e = 0; e < s.epochs; ++e) {
    auto const samples =
        sidera::make_samples(data.table, sidera::data_part::train, {s.history, s.negatives, rule, seed}, e);
    trainer.epoch(model, samples);
  }
  out.seconds_per_epoch = watch.lap() / static_cast<double>(std::max<std::size_t>(s.epochs, 1));
  sidera::block_partition const blocks{asked.samples.size(), 512};
  std::vector<std::size_t> rows;
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    rows.resize(blocks.length(b));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = blocks.begin(b) + i;
    auto const p = probabilities(model, asked.samples.rows(rows));
    out.probability.insert(out.probability.end(), p.begin(), p.end());
  }
  for (auto const& list : asked.lists) out.of_lists.push_back(probabilities(model, list.questions()));
  return out;
}

}  // namespace

std::vector<std::string> const& known_models() {
  static std::vector<std::string> const names{
      "vbpr",      "din",      "qarm",    "simtier", "din+vq",           "din+pq",           "din+rq",
      "din+rqvae", "din+psrq", "din+bbq", "mcca",    "mcca-without-msc", "mcca-without-mjc", "mcca+simtier"};
  return names;
}

void require_model(std::string const& name) {
  auto const& names = known_models();
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  std::string all;
  for (auto const& known : names) all += " " + known;
  throw std::invalid_argument("--model " + name + " is not known; there are: all" + all);
}

trained_scores train_and_score(std::string const& model, settings const& s, data_set const& data,
                               question_set const& asked, std::uint64_t seed) {
  if (model == "vbpr") {
    auto out = trained(sidera::feature_factorization<float>(side_by_side(data.views, "zscore"), data.table.users, s.dim,
                                                            seed, s.deviation),
                       s, data, asked, seed);
    out.id = id_numbers({}, data.table.items);
    return out;
  }
  plan p = plan_of(model, s, data, seed);
  auto id = target_ids(p.layout, data.table.items);
  sidera::ranker_options options;
  options.dim = s.dim;
  options.embedding_deviation = p.centres.deviation = s.deviation;
  options.seed = seed;
  if (s.embedding_init == "random") p.centres.words.clear();
  options.tier_histogram = model.ends_with("simtier");
  auto tiers =
      options.tier_histogram || s.pooling == "bucket" ? tiers_of(s, data, seed) : sidera::similarity_tiers<float>{};
  auto const with = [&](auto pooling) {
    return trained(
        sidera::ranker<float, decltype(pooling)>(std::move(p.layout), options, pooling, std::move(tiers), p.centres), s,
        data, asked, seed);
  };
  auto out = s.pooling == "dot"      ? with(sidera::dot_attention{})
             : s.pooling == "target" ? with(sidera::projected_attention{})
             : s.pooling == "bucket" ? with(sidera::bucket_bias_attention{})
                                     : with(sidera::din_attention<>{});
  out.id = std::move(id);
  return out;
}

}  // namespace program
