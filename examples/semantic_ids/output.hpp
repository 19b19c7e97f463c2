// SPDX-License-Identifier: MIT
#pragma once
/// \file  The result as a table on the console and as JSON.
#include <cstdio>
#include <sidera/io/json_writer.hpp>

#include "comparison.hpp"

namespace program {

template <class Get>
[[nodiscard]] auto per_level(quality const& q, Get get) {
  std::vector<decltype(get(q.usage.front()))> out;
  for (sidera::usage_statistics const& u : q.usage) out.push_back(get(u));
  return out;
}

inline void put_quality(sidera::json_writer& json, quality const& q) {
  json.object([&] {
    json.field("relative_error", q.relative_error);
    json.field("perplexity", per_level(q, [](auto const& u) { return u.perplexity; }));
    json.field("used", per_level(q, [](auto const& u) { return u.used; }));
    json.field("gini", per_level(q, [](auto const& u) { return u.gini; }));
    if (!q.nmi_labels.empty()) {
      json.field("nmi_labels", q.nmi_labels);
      json.field("purity_labels", q.purity_labels);
    }
    json.field("nmi_level1", q.nmi_level1);
    json.field("unique_ratio", q.collisions.unique_ratio);
    json.field("no_collision_rate", q.collisions.no_collision_rate);
    json.field("largest_bucket", q.collisions.largest_bucket);
    json.field("entropy_ratio", q.collisions.entropy_ratio);
    json.field("missing", q.missing);
  });
}

inline void put_views(sidera::json_writer& json, std::map<std::string, quality> const& views) {
  json.key("views").object([&] {
    for (auto const& [name, q] : views) {
      json.key(name);
      put_quality(json, q);
    }
  });
}

inline void put_resolved(sidera::json_writer& json, result const& r) {
  json.key("resolved").object([&] {
    for (auto const& [name, list] : r.resolved.front())
      json.key(name).object([&, &ways = list] {
        for (resolved_ids const& way : ways)
          json.key(way.resolver).object([&] {
            json.field("no_collision_rate", way.after.no_collision_rate);
            json.field("unique_ratio", way.after.unique_ratio);
            json.field("largest_bucket", way.after.largest_bucket);
            json.field("moved", way.moved);
            json.field("unresolved", way.unresolved);
            json.field("relative_error_before", way.error_before);
            json.field("relative_error", way.error_after);
          });
      });
  });
}

inline void put_alternatives(sidera::json_writer& json, result const& r) {
  json.key("prefix_weights").array([&] {
    for (alternative const& a : r.alternatives)
      json.object([&] {
        json.field("prefix_weight", a.prefix_weight);
        json.key("seeds").array([&] {
          for (auto const& views : a.per_seed) json.object([&] { put_views(json, views); });
        });
      });
  });
}

/// What every run says first: program, settings, number of items.
inline void put_head(sidera::json_writer& json, settings const& s, std::size_t items) {
  json.field("program", "semantic_ids");
  json.field("version", SIDERA_VERSION_STRING);
  json.field("instruction_set", SIDERA_INSTRUCTION_SET);
  json.key("settings").object([&] {
    json.field("scheme", s.scheme);
    json.field("levels", s.levels);
    json.field("words", s.words_per_level());
    json.field("prefix_weight", s.prefix_weight);
    json.field("metric", s.metric);
    json.field("update", s.update);
    json.field("scale", s.scale);
    json.field("beam", s.beam);
    json.field("seed", s.seed);
  });
  json.field("items", items);
}

[[nodiscard]] inline std::string json_text(result const& r) {
  sidera::json_writer json;
  json.object([&] {
    put_head(json, r.how, r.items);
    put_views(json, r.views);
    if (!r.resolved.empty()) put_resolved(json, r);
    if (!r.alternatives.empty()) put_alternatives(json, r);
    json.key("seconds").object([&] {
      json.field("fit", r.fit_seconds);
      json.field("encode", r.encode_seconds);
    });
  });
  return json.text() + "\n";
}

inline void print_row(char const* label, std::vector<double> const& values, char const* format) {
  std::printf("  %-28s", label);
  for (double const v : values) std::printf(format, v);
  std::printf("\n");
}

inline void print_quality(std::string const& name, quality const& q) {
  std::printf("%s: %zu distinct IDs for %zu items (unique ratio %.3f), alone %.3f, largest bucket %zu", name.c_str(),
              q.collisions.distinct, q.collisions.items, q.collisions.unique_ratio, q.collisions.no_collision_rate,
              q.collisions.largest_bucket);
  std::printf(q.missing > 0 ? ", %zu items without this view\n" : "\n", q.missing);
  print_row("relative error after level", q.relative_error, "%9.4f");
  print_row("perplexity", per_level(q, [](auto const& u) { return u.perplexity; }), "%9.1f");
  if (!q.nmi_labels.empty()) print_row("NMI with the labels", q.nmi_labels, "%9.3f");
  print_row("NMI with level 1", q.nmi_level1, "%9.3f");
}

/// That nobody has chosen the weight, and how to.
inline void print_weight_hint(result const& r) {
  if (r.how.scheme != "psrq" || r.how.weight_given || !r.how.model_in.empty()) return;
  std::printf(
      "The codes have prefix weight 1, as published, which was not chosen for this data: %s; "
      "choose on validation data of what the IDs are for, and set --prefix-weight.\n",
      r.alternatives.empty() ? "--compare shows what 0, 0.25, 0.5 and 1 buy and cost on it"
                             : "the tables show what others buy and cost on it");
}

inline void print(result const& r) {
  std::printf("%zu items, %s, %zu levels, metric %s, update %s, seed %llu\n", r.items, r.how.scheme.c_str(),
              r.how.levels, r.how.metric.c_str(), r.how.update.c_str(), static_cast<unsigned long long>(r.how.seed));
  for (std::string const& name : r.names) print_quality(name, r.views.at(name));
  for (std::string const& name : r.resolved.empty() ? std::vector<std::string>{} : r.names)
    std::printf("\n%s", sidera::markdown_table(resolution_table(name, r.resolved)).c_str());
  if (!r.alternatives.empty()) print_comparison(r);
  print_weight_hint(r);
  std::printf("fit %.2f s, encode %.3f s\n", r.fit_seconds, r.encode_seconds);
}

}  // namespace program
