// SPDX-License-Identifier: MIT
#pragma once
/// \file  The variants that the command line asks for, each with all seeds.
#include <unistd.h>

#include <sidera/core/thread_pool.hpp>

#include "result.hpp"

namespace program {

[[nodiscard]] inline std::string name_of(settings const& s) {
  std::string name = s.model;
  for (std::string const& term : s.without) name += " without " + term;
  if (s.club != "library") name += ", CLUB as released";
  if (s.toc != "none") name += " + TOC " + s.toc + " (" + s.criterion + ")";
  return name;
}

[[nodiscard]] inline std::vector<variant> choose_variants(settings const& s) {
  std::vector<variant> out = {{name_of(s), s, {}}};
  auto const add = [&](auto change) {
    settings other = s;
    change(other);
    if (std::none_of(out.begin(), out.end(), [&](variant const& v) { return v.name == name_of(other); }))
      out.push_back({name_of(other), other, {}});
  };
  if (s.ablate)
    for (char const* term : term_names) add([&](settings& o) { o.without.insert(term); });
  if (s.compare) {
    add([](settings& o) { o.model = "dcid"; });
    add([](settings& o) { o.model = "vq", o.without.clear(), o.toc = "none", o.club = "library"; });
    for (auto const* name : {"CCA + k-means", "CCA, no codes"}) {
      out.push_back({name, s, {}});
      out.back().how.model = name;
    }
  }
  return out;
}

[[nodiscard]] inline result run(settings const& s) {
  paired_data data = s.sequences ? drawn_data(s.seed) : load_data(s);
  require_probes(data, s);
  sidera::thread_pool pool(s.threads);
  result r{s, data.clips, data.classes, data.missing, 0, 0, choose_variants(s)};
  bool const show = !s.quiet && isatty(STDERR_FILENO) == 1;
  for (std::size_t k = 0; k < s.seeds; ++k) {
    if (s.sequences && k > 0) data = drawn_data(s.seed + k);
    experiment e(data, s, s.seed + k);
    if (s.held_out) e = e.held_out(s.time, s.seed + k);
    r.train = e.train_labels.size(), r.test = e.test_labels.size();
    for (variant& v : r.variants) {
      if (show) std::fprintf(stderr, "\r\033[Kseed %zu/%zu  %s", k + 1, s.seeds, v.name.c_str());
      v.seeds.push_back(measure(e, v.how, s.seed + k, pool));
    }
  }
  if (show) std::fprintf(stderr, "\r\033[K");
  return r;
}

/// One result for every two of the views.
[[nodiscard]] inline std::vector<result> run_pairs(settings const& s) {
  require_probes(load_data(s), s);  // of all pairs, before the first one
  std::vector<result> all;
  for (std::size_t a = 0; a < s.views.size(); ++a)
    for (std::size_t b = a + 1; b < s.views.size(); ++b) {
      settings pair = s;
      pair.views = {s.views[a], s.views[b]};
      all.push_back(run(pair));
    }
  return all;
}

}  // namespace program
