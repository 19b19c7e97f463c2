// SPDX-License-Identifier: MIT
/// \file  Names on the command line become layouts of the ranker.
#include "models.hpp"

#include <algorithm>
#include <cmath>
#include <sidera/interest/feature_factorization.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/interest/ranker_trainer.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/quantizers/view_scaling.hpp>
#include <sidera/residual_schemes/prefix.hpp>

#include "../common/stopwatch.hpp"

namespace program {
namespace {

using view_list = std::vector<sidera::view<float>>;

sidera::matrix<float> scaled(sidera::matrix<float> const& x, std::string const& scale) {
  if (scale == "none") return x;
  if (scale == "l2") return sidera::unit_row_scaling{}.fit<float>(x)(x);
  if (scale == "zscore") return sidera::z_score_scaling{}.fit<float>(x)(x);
  return sidera::equal_energy_scaling{}.fit<float>(x)(x);
}

sidera::matrix<float> side_by_side(view_list const& views, std::string const& scale) {
  sidera::index_t columns = 0;
  for (auto const& v : views) columns += v.x.cols();
  sidera::matrix<float> all(views.front().x.rows(), columns);
  columns = 0;
  for (auto const& v : views) {
    all.middleCols(columns, v.x.cols()) = scaled(v.x, scale);
    columns += v.x.cols();
  }
  return all;
}

sidera::any_quantizer<float> quantizer(std::string const& kind, settings const& s, std::uint64_t seed) {
  if (kind == "pq")
    return sidera::product_quantizer({.subspaces = s.levels, .words = s.words, .restarts = 2, .seed = seed});
  sidera::residual_quantizer_options const options{
      .levels = kind == "vq" ? 1 : s.levels, .words = s.words, .restarts = 2, .seed = seed};
  sidera::prefix_residual const scheme{.weight = kind == "psrq" ? s.prefix_weight : 0};
  return sidera::residual_quantizer(options, sidera::squared_euclidean{}, sidera::lloyd{}, scheme);
}

sidera::item_view codes_of(std::string const& name, sidera::matrix<float> const& x, std::string const& kind,
                           settings const& s, std::uint64_t seed) {
  auto q = quantizer(kind, s, seed);
  return sidera::quantized_view(name, q.fit(x).codes, q);
}

sidera::ranker_layout layout_of(std::string const& model, settings const& s, view_list const& views,
                                std::uint64_t seed) {
  std::size_t const items = sidera::row_count(views.front().x);
  if (model == "din" || model == "simtier") return sidera::din_layout(items);
  auto const codes = [&](sidera::view<float> const& v, std::string const& kind) {
    return codes_of(v.name, scaled(v.x, s.scale), kind, s, seed);
  };
  if (model.starts_with("din+")) return sidera::din_layout(items, {codes(views.front(), model.substr(4))});
  std::vector<sidera::item_view> modalities;
  if (model != "mcca-without-msc")
    for (auto const& v : views) modalities.push_back(codes(v, "psrq"));
  if (model == "mcca-without-mjc") return sidera::mcca_without_joint_layout(items, std::move(modalities));
  return sidera::mcca_layout(items, std::move(modalities),
                             codes_of("joint", side_by_side(views, s.scale), "psrq", s, seed));
}

template <class Model>
trained_scores trained(Model model, settings const& s, data_set const& data, sidera::ranking_samples const& questions,
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
  sidera::block_partition const blocks{questions.size(), 512};
  std::vector<std::size_t> rows;
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    rows.resize(blocks.length(b));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = blocks.begin(b) + i;
    for (float const logit : model.score(questions.rows(rows)))
      out.probability.push_back(1 / (1 + std::exp(-static_cast<double>(logit))));
  }
  return out;
}

}  // namespace

std::vector<std::string> const& known_models() {
  static std::vector<std::string> const names{"vbpr",   "din",      "simtier", "din+vq",           "din+pq",
                                              "din+rq", "din+psrq", "mcca",    "mcca-without-msc", "mcca-without-mjc"};
  return names;
}

void require_model(std::string const& name) {
  if (name == "qarm" || name == "din+rqvae")
    throw std::invalid_argument("--model " + name + " is not available: its item alignment or encoder is not built in");
  auto const& names = known_models();
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  std::string all;
  for (auto const& known : names) all += " " + known;
  throw std::invalid_argument("--model " + name + " is not known; there are: all" + all);
}

trained_scores train_and_score(std::string const& model, settings const& s, data_set const& data,
                               sidera::ranking_samples const& questions, std::uint64_t seed) {
  if (model == "vbpr")
    return trained(sidera::feature_factorization<float>(side_by_side(data.views, "zscore"), data.table.users, s.dim,
                                                        seed, s.deviation),
                   s, data, questions, seed);
  sidera::similarity_tiers<float> tiers;
  if (model == "simtier") {
    std::vector<sidera::matrix<float>> features;
    for (auto const& v : data.views) features.push_back(scaled(v.x, "equal"));
    tiers = sidera::similarity_tiers<float>(std::move(features), 10);
  }
  sidera::ranker_options options;
  options.dim = s.dim;
  options.embedding_deviation = s.deviation;
  options.seed = seed;
  sidera::ranker<float> ranker(layout_of(model, s, data.views, seed), options, {}, std::move(tiers));
  return trained(std::move(ranker), s, data, questions, seed);
}

}  // namespace program
