// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a run on views that stay in their files reports, on the console and as JSON.
#include <sidera/codebooks/usage.hpp>
#include <sidera/io/atomic_file.hpp>

#include "output.hpp"

namespace program {

struct streamed_view {
  std::vector<double> relative_error;  ///< after each level; empty when nothing was fitted
  std::vector<sidera::code_usage> usage;

  [[nodiscard]] std::vector<double> perplexity() const {
    std::vector<double> out;
    for (auto const& u : usage) out.push_back(u.perplexity());
    return out;
  }
  [[nodiscard]] std::vector<double> used() const {
    std::vector<double> out;
    for (auto const& u : usage) out.push_back(static_cast<double>(u.counts().size() - u.dead()));
    return out;
  }
};

struct streamed_result {
  settings how;
  std::size_t items = 0, ranks = 1, block_rows = 0;
  std::map<std::string, streamed_view> views;
  double fit_seconds = 0, encode_seconds = 0;
};

[[nodiscard]] inline std::string json_text(streamed_result const& r) {
  sidera::json_writer json;
  json.object([&] {
    put_head(json, r.how, r.items);
    json.field("memory", r.how.memory);
    json.field("block_rows", r.block_rows);
    json.field("ranks", r.ranks);
    json.key("views").object([&] {
      for (auto const& [name, view] : r.views)
        json.key(name).object([&, &v = view] {
          if (!v.relative_error.empty()) json.field("relative_error", v.relative_error);
          json.field("perplexity", v.perplexity());
          json.field("used", v.used());
        });
    });
    json.key("seconds").object([&] {
      json.field("fit", r.fit_seconds);
      json.field("encode", r.encode_seconds);
    });
  });
  return json.text() + "\n";
}

inline void print(streamed_result const& r) {
  std::printf("%zu items, %s, %zu levels, seed %llu, in blocks of %zu rows on %zu rank%s\n", r.items,
              r.how.scheme.c_str(), r.how.levels, static_cast<unsigned long long>(r.how.seed), r.block_rows, r.ranks,
              r.ranks == 1 ? "" : "s");
  for (auto const& [name, v] : r.views) {
    std::printf("%s\n", name.c_str());
    if (!v.relative_error.empty()) print_row("relative error after level", v.relative_error, "%9.4f");
    print_row("perplexity", v.perplexity(), "%9.1f");
    print_row("words used", v.used(), "%9.0f");
  }
  std::printf("fit %.2f s, encode %.3f s\n", r.fit_seconds, r.encode_seconds);
}

inline void write_figures(streamed_result const& r) {
  if (!r.how.json.empty()) sidera::write_file(r.how.json, json_text(r));
  if (!r.how.quiet) print(r);
}

}  // namespace program
