// SPDX-License-Identifier: MIT
#pragma once
/// \file  The result on the console, as JSON and as a page.
#include <cstdio>
#include <sidera/io/markdown.hpp>

#include "../common/interval_json.hpp"
#include "result.hpp"

namespace program {

/// \ref put_interval and the figures themselves.
inline void put_figure(sidera::json_writer& json, std::string_view name, std::vector<double> const& values) {
  json.key(name).object([&] {
    put_interval(json, sidera::mean_interval(values));
    json.field("per_seed", values);
  });
}

inline void put_pairs(sidera::json_writer& json, variant const& v) {
  auto const& views = v.how.views;
  json.key("pairs").array([&] {
    for (std::size_t a = 0; a < views.size(); ++a)
      for (std::size_t b = 0; b < views.size(); ++b) {
        if (a == b) continue;
        json.object([&] {
          json.field("from", views[a].first);
          json.field("to", views[b].first);
          put_figure(json, "accuracy", accuracies(v, a, b));
          put_figure(json, "ceiling", accuracies(v, b, b));
        });
      }
  });
}

/// Shares of words that one, two, ... all views use.
inline void put_sharing(sidera::json_writer& json, variant const& v, std::vector<double> seed_result::*sharing) {
  std::size_t const n = v.how.views.size();
  for (std::size_t k = 0; k < n; ++k)
    put_figure(json,
               k + 1 == n ? "all"
               : k == 0   ? "one"
               : k == 1   ? "two"
                          : std::to_string(k + 1),
               per_seed(v, [&](auto const& s) { return (s.*sharing)[k]; }));
}

inline void put_codes(sidera::json_writer& json, variant const& v) {
  if (v.seeds.front().sharing.empty()) return;
  json.key("code_sharing").object([&] { put_sharing(json, v, &seed_result::sharing); });
  json.key("fair_code_sharing").object([&] {
    json.field("least_share", fair_share);
    put_sharing(json, v, &seed_result::fair_sharing);
  });
  json.key("perplexity").object([&] {
    for (std::size_t m = 0; m < v.how.views.size(); ++m)
      put_figure(json, v.how.views[m].first, per_seed(v, [&](auto const& s) { return s.perplexity[m]; }));
  });
  put_figure(json, "agreement", per_seed(v, [](auto const& s) { return s.agreement; }));
  if (v.how.toc != "none")
    put_figure(json, "kept_channels", per_seed(v, [](auto const& s) { return static_cast<double>(s.kept); }));
  put_figure(json, "club_alarms", per_seed(v, [](auto const& s) { return s.alarms; }));
  put_figure(json, "seconds", per_seed(v, [](auto const& s) { return s.seconds; }));
}

/// One number, or the list that training items choose from.
template <class T>
void put_list(sidera::json_writer& json, std::string_view name, std::vector<T> const& values) {
  values.size() == 1 ? json.field(name, values.front()) : json.field(name, values);
}

/// What each seed has chosen, of the options that are lists.
inline void put_choices(sidera::json_writer& json, variant const& v) {
  if (candidates(v.how).size() == 1) return;
  bool const cca = v.how.model.starts_with("CCA");
  json.key("chosen").array([&] {
    for (seed_result const& s : v.seeds)
      json.object([&] {
        if (cca) {
          json.field("ridge", s.how.ridge);
          json.field("directions", s.how.directions);
        } else {
          json.field("temperature", s.how.temperature);
          json.field("dropout", s.how.dropout);
          json.field("hidden", s.how.hidden);
          json.field("weight_decay", s.how.weight_decay);
        }
      });
  });
}

inline void put_settings(sidera::json_writer& json, settings const& s) {
  json.key("settings").object([&] {
    json.field("without", std::vector<std::string>(s.without.begin(), s.without.end()));
    json.field("codes", s.codes);
    json.field("dim", s.dim);
    json.field("time", s.time);
    json.field("toc", s.toc);
    json.field("criterion", s.criterion);
    json.field("keep", s.keep);
    json.field("lambda", s.lambda);
    json.field("club", s.club);
    json.field("sequences", s.sequences);
    json.field("epochs", s.epochs);
    json.field("batch", s.batch);
    json.field("learning_rate", s.learning_rate);
    put_list(json, "temperature", s.lists.temperature);
    put_list(json, "dropout", s.lists.dropout);
    put_list(json, "hidden", s.lists.hidden);
    put_list(json, "weight_decay", s.lists.weight_decay);
    put_list(json, "ridge", s.lists.ridge);
    put_list(json, "directions", s.lists.directions);
    json.field("held_out", s.held_out);
    json.field("seed", s.seed);
    json.field("seeds", s.seeds);
  });
}

inline void put_program(sidera::json_writer& json) {
  json.field("program", "cross_modal");
  json.field("version", SIDERA_VERSION_STRING);
  json.field("instruction_set", SIDERA_INSTRUCTION_SET);
}

/// What the run was, and on what.
inline void put_run(sidera::json_writer& json, result const& r) {
  put_program(json);
  json.field("model", r.how.model);
  put_settings(json, r.how);
  json.field("items", r.items);
  json.field("train", r.train);
  json.field("test", r.test);
  json.field("classes", r.classes);
}
inline void put_chance(sidera::json_writer& json, result const& r) {
  put_figure(json, "chance", per_seed(r.variants.front(), [](auto const& s) { return s.chance; }));
}

[[nodiscard]] inline std::string json_text(result const& r) {
  sidera::json_writer json;
  variant const& main = r.variants.front();
  json.object([&] {
    put_run(json, r);
    json.field("missing", r.missing);
    put_chance(json, r);
    put_pairs(json, main);
    put_codes(json, main);
    put_choices(json, main);
    json.key("comparisons").array([&] {
      for (std::size_t k = 1; k < r.variants.size(); ++k)
        json.object([&] {
          json.field("name", r.variants[k].name);
          put_pairs(json, r.variants[k]);
          put_codes(json, r.variants[k]);
          put_choices(json, r.variants[k]);
        });
    });
  });
  return json.text() + "\n";
}

[[nodiscard]] inline std::string chance_text(result const& r) {
  return with_interval(per_seed(r.variants.front(), [](auto const& s) { return s.chance; }));
}

inline void print(result const& r) {
  std::printf("%zu items of %zu classes, %zu for training, %zu for the test; %s, %zu codes, %zu seed%s; chance %s\n\n",
              r.items, r.classes, r.train, r.test, r.variants.front().name.c_str(), r.how.codes, r.how.seeds,
              r.how.seeds == 1 ? "" : "s", chance_text(r).c_str());
  if (r.missing > 0) std::printf("%zu rows lack their view and take no part in it\n\n", r.missing);
  std::printf("%s\n%s", sidera::markdown_table(pair_table(r)).c_str(),
              sidera::markdown_table(variant_table(r)).c_str());
}

[[nodiscard]] inline std::string html_text(result const& r) {
  sidera::html_report page("Cross-modal codes");
  page.paragraph(
      "A linear probe is trained on the code words of one view and tested on those of another view, on other items. "
      "Encoders and codebook saw no labels. Intervals are 95 %, over seeds.");
  page.facts({{"items", std::to_string(r.items)},
              {"training / test", std::to_string(r.train) + " / " + std::to_string(r.test)},
              {"classes", std::to_string(r.classes)},
              {"codes", std::to_string(r.how.codes)},
              {"seeds", std::to_string(r.how.seeds)},
              {"chance", chance_text(r)}});
  page.section("From view to view: " + r.variants.front().name);
  page.table(pair_table(r));
  page.section("Models");
  page.table(variant_table(r));
  return page.html();
}

}  // namespace program
