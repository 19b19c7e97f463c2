// SPDX-License-Identifier: MIT
#pragma once
/// \file  Figures of all models over all seeds, as a Markdown table and as JSON.
#include <sidera/evaluation/confidence.hpp>
#include <sidera/evaluation/grouped_auc.hpp>
#include <sidera/io/json_writer.hpp>
#include <sidera/io/markdown.hpp>

#include "models.hpp"

namespace program {

inline constexpr std::array<char const*, 4> figure_names{"auc", "cold_auc", "gauc", "logloss"};

/// One number per figure.
using figures = std::array<double, 4>;

struct model_result {
  std::string name;
  std::vector<figures> per_seed;
  double seconds_per_epoch = 0;
  std::size_t parameters = 0;

  [[nodiscard]] std::vector<double> values(std::size_t figure) const {
    std::vector<double> out;
    for (figures const& f : per_seed) out.push_back(f[figure]);
    return out;
  }
};

/// Cold figures are those of questions whose target is a cold item.
[[nodiscard]] inline figures measure(sidera::ranking_samples const& questions, std::vector<std::uint8_t> const& cold,
                                     std::vector<double> const& probability) {
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
  return {sidera::roc_auc(questions.label, probability), sidera::roc_auc(label, score),
          sidera::grouped_auc(questions.label, probability, questions.questions.user).auc,
          sidera::log_loss(questions.label, probability)};
}

inline void put_interval(sidera::json_writer& json, sidera::interval_estimate const& e) {
  json.field("mean", e.mean);
  if (e.count < 2) return;  // one seed has no interval
  json.field("sd", e.sd);
  json.field("ci95", std::vector<double>{e.low, e.high});
}

inline void put_model(sidera::json_writer& json, model_result const& r, model_result const* din) {
  json.key(r.name).object([&] {
    for (std::size_t f = 0; f < figure_names.size(); ++f)
      json.key(figure_names[f]).object([&] {
        put_interval(json, sidera::mean_interval(r.values(f)));
        json.field("per_seed", r.values(f));
      });
    if (din != nullptr)
      json.key("versus_din").object([&] {
        for (std::size_t f = 0; f < figure_names.size(); ++f)
          json.key(figure_names[f]).object([&] {
            auto const e = sidera::paired_difference(r.values(f), din->values(f));
            put_interval(json, e);
            if (e.count > 1) json.field("p_value", e.p_value);
          });
      });
    json.field("parameters", r.parameters);
    json.field("seconds_per_epoch", r.seconds_per_epoch);
  });
}

[[nodiscard]] inline model_result const* find_din(std::vector<model_result> const& results) {
  for (auto const& r : results)
    if (r.name == "din") return &r;
  return nullptr;
}

[[nodiscard]] inline std::string json_text(settings const& s, data_set const& data,
                                           std::vector<model_result> const& results) {
  sidera::json_writer json;
  json.object([&] {
    json.field("program", "interest_ctr");
    json.field("version", SIDERA_VERSION_STRING);
    json.key("settings").object([&] {
      json.field("levels", s.levels);
      json.field("words", s.words);
      json.field("prefix_weight", s.prefix_weight);
      json.field("scale", s.scale);
      json.field("dim", s.dim);
      json.field("history", s.history);
      json.field("epochs", s.epochs);
      json.field("batch", s.batch);
      json.field("lr", s.learning_rate);
      json.field("negatives", s.negatives);
      json.field("negative_rule", s.rule);
      json.field("cold", s.cold);
      json.field("seeds", s.seeds);
    });
    json.field("users", data.table.users);
    json.field("items", data.table.items);
    json.field("interactions", data.table.rows.size());
    json.key("models").object([&] {
      for (auto const& r : results) put_model(json, r, find_din(results));
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

/// Means with half the width of their 95 % intervals; differences to DIN are paired by seed.
[[nodiscard]] inline sidera::report_table table_of(std::vector<model_result> const& results) {
  sidera::report_table table;
  table.columns = {"model", "AUC", "cold AUC", "GAUC", "log loss", "AUC - DIN", "cold AUC - DIN"};
  model_result const* const din = find_din(results);
  for (auto const& r : results) {
    std::vector<std::string> row{r.name};
    for (std::size_t f = 0; f < figure_names.size(); ++f)
      row.push_back(with_interval(sidera::mean_interval(r.values(f)), false));
    for (std::size_t const f : {std::size_t{0}, std::size_t{1}})
      row.push_back(din == nullptr || din == &r
                        ? ""
                        : with_interval(sidera::paired_difference(r.values(f), din->values(f)), true));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace program
