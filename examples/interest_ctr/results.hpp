// SPDX-License-Identifier: MIT
#pragma once
/// \file  Figures of all models over all seeds, as a Markdown table and as JSON.
#include <sidera/evaluation/grouped_auc.hpp>
#include <sidera/evaluation/ranked_ids.hpp>
#include <sidera/experiments/interval_text.hpp>
#include <sidera/io/markdown.hpp>

#include "../common/interval_json.hpp"
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

/// The questions whose target is a cold item.
[[nodiscard]] inline std::vector<std::size_t> cold_questions(sidera::ranking_samples const& questions,
                                                             std::vector<std::uint8_t> const& cold) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (cold[static_cast<std::size_t>(questions.questions.target[i])] != 0) found.push_back(i);
  return found;
}

/// Throws std::invalid_argument unless there are cold items of both answers among the questions.
inline void require_cold_questions(sidera::ranking_samples const& questions, std::vector<std::uint8_t> const& cold) {
  auto const found = cold_questions(questions, cold);
  auto const ones = std::count_if(found.begin(), found.end(), [&](std::size_t i) { return questions.label[i] == 1; });
  if (ones == 0 || ones == static_cast<std::ptrdiff_t>(found.size()))
    throw std::invalid_argument("no cold item, or every item of one answer, among the questions: change --cold");
}

/// Cold figures are those of \ref cold_questions. The log loss is that of probabilities at the base rate of the
/// questions (sidera::at_base_rate): without it, it would tell mostly that training has other shares of negatives.
[[nodiscard]] inline figures measure(question_set const& asked, std::vector<std::uint8_t> const& cold,
                                     trained_scores const& scores, settings const& s) {
  sidera::ranking_samples const& questions = asked.samples;
  std::vector<double> const& probability = scores.probability;
  std::vector<sidera::code_t> label;
  std::vector<double> score;
  for (std::size_t const i : cold_questions(questions, cold)) {
    label.push_back(questions.label[i]);
    score.push_back(probability[i]);
  }
  figures out{sidera::roc_auc(questions.label, probability), sidera::roc_auc(label, score),
              sidera::grouped_auc(questions.label, probability, questions.questions.user).auc,
              sidera::log_loss(questions.label, sidera::at_base_rate(probability, odds_ratio(s)))};
  measure_lists(out, asked, scores, s.at);
  return out;
}

inline void put_differences(sidera::json_writer& json, model_result const& r, model_result const& other) {
  json.key("versus_" + other.name).object([&] {
    for (std::size_t f = 0; f < r.per_seed.front().size(); ++f)
      json.key(figure_names[f]).object([&] {
        auto const e = sidera::paired_difference(r.values(f), other.values(f));
        put_interval(json, e);
        json.key("p_value");
        e.count > 1 ? json.value(e.p_value) : json.null();
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

/// The results of settings.versus.
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
  json.field("logloss_odds_ratio", odds_ratio(s));
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
      row.push_back(sidera::interval_text(sidera::mean_interval(r.values(f)), 4));
    for (model_result const* other : others)
      for (std::size_t const f : {std::size_t{0}, std::size_t{1}})
        row.push_back(other == &r
                          ? ""
                          : sidera::interval_text(sidera::paired_difference(r.values(f), other->values(f)), 4, true));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace program
