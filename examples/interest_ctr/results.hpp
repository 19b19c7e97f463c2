// SPDX-License-Identifier: MIT
#pragma once
/// \file  Figures of all models over all seeds, as a Markdown table and as JSON.
#include <sidera/evaluation/confidence.hpp>
#include <sidera/evaluation/grouped_auc.hpp>
#include <sidera/evaluation/ranked_ids.hpp>
#include <sidera/io/json_writer.hpp>
#include <sidera/io/markdown.hpp>

#include "models.hpp"

namespace program {

/// Figures of single questions, then those of whole lists: id_recall and item_recall are what ranking by semantic ID
/// alone would find, counted in IDs and in items (see sidera::recall_of_ids_at).
inline constexpr std::array<char const*, 8> figure_names{"auc",  "cold_auc", "gauc",      "logloss",
                                                         "ndcg", "recall",   "id_recall", "item_recall"};
inline constexpr std::size_t question_figures = 4;

/// One number per figure; without lists the last ones are missing.
using figures = std::vector<double>;

struct model_result {
  std::string name;
  std::vector<figures> per_seed;
  std::vector<double> seconds;  ///< of an epoch, per seed
  double seconds_per_epoch = 0;
  std::size_t parameters = 0;

  [[nodiscard]] std::vector<double> values(std::size_t figure) const {
    std::vector<double> out;
    for (figures const& f : per_seed) out.push_back(f[figure]);
    return out;
  }
};

/// Means over the lists.
inline void measure_lists(figures& out, question_set const& asked, trained_scores const& scores, std::size_t k) {
  if (asked.lists.empty()) return;
  std::array<double, figure_names.size() - question_figures> sum{};
  for (std::size_t l = 0; l < asked.lists.size(); ++l) {
    sidera::ranking_list const& list = asked.lists[l];
    std::vector<double> const& score = scores.of_lists[l];
    std::vector<sidera::code_t> id;
    for (sidera::code_t const item : list.candidates) id.push_back(scores.id[static_cast<std::size_t>(item)]);
    auto const by_id = sidera::recall_of_ids_at(list.relevance, score, id, k);
    sum[0] += sidera::ndcg(list.relevance, score, k);
    sum[1] += sidera::recall_at(list.relevance, score, k);
    sum[2] += by_id.ids;
    sum[3] += by_id.items;
  }
  for (double const s : sum) out.push_back(s / static_cast<double>(asked.lists.size()));
}

/// Cold figures are those of questions whose target is a cold item.
[[nodiscard]] inline figures measure(question_set const& asked, std::vector<std::uint8_t> const& cold,
                                     trained_scores const& scores, std::size_t k) {
  sidera::ranking_samples const& questions = asked.samples;
  std::vector<double> const& probability = scores.probability;
  std::vector<sidera::code_t> label;
  std::vector<double> score;
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (cold[static_cast<std::size_t>(questions.questions.target[i])] != 0) {
      label.push_back(questions.label[i]);
      score.push_back(probability[i]);
    }
  auto const ones = std::count(label.begin(), label.end(), 1);
  if (ones == 0 || ones == static_cast<std::ptrdiff_t>(label.size()))
    throw std::invalid_argument("no cold item, or every item of one answer, among the questions: change --cold");
  figures out{sidera::roc_auc(questions.label, probability), sidera::roc_auc(label, score),
              sidera::grouped_auc(questions.label, probability, questions.questions.user).auc,
              sidera::log_loss(questions.label, probability)};
  measure_lists(out, asked, scores, k);
  return out;
}

inline void put_interval(sidera::json_writer& json, sidera::interval_estimate const& e) {
  json.field("mean", e.mean);
  if (e.count < 2) return;  // one seed has no interval
  json.field("sd", e.sd);
  json.field("ci95", std::vector<double>{e.low, e.high});
}

inline void put_differences(sidera::json_writer& json, model_result const& r, model_result const& other) {
  json.key("versus_" + other.name).object([&] {
    for (std::size_t f = 0; f < r.per_seed.front().size(); ++f)
      json.key(figure_names[f]).object([&] {
        auto const e = sidera::paired_difference(r.values(f), other.values(f));
        put_interval(json, e);
        if (e.count > 1) json.field("p_value", e.p_value);
      });
  });
}

inline void put_model(sidera::json_writer& json, model_result const& r,
                      std::vector<model_result const*> const& others) {
  json.key(r.name).object([&] {
    for (std::size_t f = 0; f < r.per_seed.front().size(); ++f)
      json.key(figure_names[f]).object([&] {
        put_interval(json, sidera::mean_interval(r.values(f)));
        json.field("per_seed", r.values(f));
      });
    for (model_result const* other : others) put_differences(json, r, *other);
    json.field("parameters", r.parameters);
    json.field("seconds_per_epoch", r.seconds_per_epoch);
  });
}

/// The results of settings.versus, those that there are.
[[nodiscard]] inline std::vector<model_result const*> compared_with(settings const& s,
                                                                    std::vector<model_result> const& results) {
  std::vector<model_result const*> found;
  for (std::string const& name : s.versus)
    for (auto const& r : results)
      if (r.name == name) found.push_back(&r);
  return found;
}

/// What the figures of a model and a seed depend on, beside the data.
inline void put_settings(sidera::json_writer& json, settings const& s) {
  json.field("levels", s.levels);
  json.field("words", s.words);
  json.field("prefix_weight", s.prefix_weight);
  json.field("scale", s.scale);
  json.field("joint_scale", s.joint_scale.empty() ? s.scale : s.joint_scale);
  json.field("align", s.align);
  json.field("dim", s.dim);
  json.field("history", s.history);
  json.field("epochs", s.epochs);
  json.field("batch", s.batch);
  json.field("lr", s.learning_rate);
  json.field("embedding_init", s.embedding_init);
  json.field("pooling", s.pooling);
  json.field("deviation", s.deviation);
  json.field("weight_decay", s.weight_decay);
  json.field("part", s.part);
  json.field("at", s.at);
  json.field("ranked_users", s.ranked_users);
  json.field("negatives", s.negatives);
  json.field("test_negatives", s.test_negatives);
  json.field("negative_rule", s.rule);
  json.field("cold", s.cold);
}

[[nodiscard]] inline std::string json_text(settings const& s, data_set const& data,
                                           std::vector<model_result> const& results) {
  sidera::json_writer json;
  json.object([&] {
    json.field("program", "interest_ctr");
    json.field("version", SIDERA_VERSION_STRING);
    json.key("settings").object([&] {
      put_settings(json, s);
      json.field("seeds", s.seeds);
    });
    json.field("users", data.table.users);
    json.field("items", data.table.items);
    json.field("interactions", data.table.rows.size());
    json.key("models").object([&] {
      for (auto const& r : results) put_model(json, r, compared_with(s, results));
    });
  });
  return json.text() + "\n";
}

[[nodiscard]] inline std::string with_interval(sidera::interval_estimate const& e, bool sign) {
  char text[64];
  if (e.count < 2)
    std::snprintf(text, sizeof text, sign ? "%+.4f" : "%.4f", e.mean);
  else
    std::snprintf(text, sizeof text, sign ? "%+.4f ± %.4f" : "%.4f ± %.4f", e.mean, e.half_width());
  return text;
}

/// Means with half the width of their 95 % intervals; differences are paired by seed.
[[nodiscard]] inline sidera::report_table table_of(settings const& s, std::vector<model_result> const& results) {
  sidera::report_table table;
  table.columns = {"model", "AUC", "cold AUC", "GAUC", "log loss"};
  auto const others = compared_with(s, results);
  for (model_result const* other : others)
    for (char const* figure : {"AUC - ", "cold AUC - "}) table.columns.push_back(figure + other->name);
  for (auto const& r : results) {
    std::vector<std::string> row{r.name};
    for (std::size_t f = 0; f < question_figures; ++f)
      row.push_back(with_interval(sidera::mean_interval(r.values(f)), false));
    for (model_result const* other : others)
      for (std::size_t const f : {std::size_t{0}, std::size_t{1}})
        row.push_back(other == &r ? "" : with_interval(sidera::paired_difference(r.values(f), other->values(f)), true));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace program
