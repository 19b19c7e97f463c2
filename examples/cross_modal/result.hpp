// SPDX-License-Identifier: MIT
#pragma once
/// \file  Seeds become means with intervals, and variants become tables.
#include <sidera/experiments/interval_text.hpp>

#include "choose.hpp"

namespace program {

struct result {
  settings how;
  std::size_t items = 0, classes = 0, missing = 0, train = 0, test = 0;
  std::vector<variant> variants;  ///< the first is what the command line asked for
};

/// `get(seed_result)` over the seeds.
template <class Get>
[[nodiscard]] std::vector<double> per_seed(variant const& v, Get get) {
  std::vector<double> values;
  for (seed_result const& s : v.seeds) values.push_back(get(s));
  return values;
}
[[nodiscard]] inline std::vector<double> accuracies(variant const& v, std::size_t a, std::size_t b) {
  return per_seed(v,
                  [&](seed_result const& s) { return s.accuracy(static_cast<index_t>(a), static_cast<index_t>(b)); });
}
/// Per seed, the mean over ordered pairs of different views; with `ceiling`, of the same-view accuracy of the target.
[[nodiscard]] inline std::vector<double> mean_accuracies(variant const& v, bool ceiling) {
  return per_seed(v, [&](seed_result const& s) {
    return ceiling ? s.accuracy.trace() / static_cast<double>(s.accuracy.rows()) : cross_view_accuracy(s);
  });
}

/// "0.793 ± 0.012", the interval at 95 %; the mean alone for one seed.
[[nodiscard]] inline std::string with_interval(std::vector<double> const& values) {
  return sidera::interval_text(sidera::mean_interval(values));
}

/// The same less those of another variant, seed by seed.
[[nodiscard]] inline std::vector<double> differences(std::vector<double> values, std::vector<double> const& others) {
  std::transform(values.begin(), values.end(), others.begin(), values.begin(), std::minus<>());
  return values;
}

/// One row per ordered pair of views of the first variant.
[[nodiscard]] inline sidera::report_table pair_table(result const& r) {
  variant const& v = r.variants.front();
  sidera::report_table table;
  table.columns = {"probe trained on", "tested on", "accuracy", "ceiling", "share of ceiling"};
  for (std::size_t a = 0; a < r.how.views.size(); ++a)
    for (std::size_t b = 0; b < r.how.views.size(); ++b) {
      if (a == b) continue;
      auto const right = accuracies(v, a, b), ceiling = accuracies(v, b, b);
      double const share = sidera::mean_interval(right).mean / sidera::mean_interval(ceiling).mean;
      table.rows.push_back({r.how.views[a].first, r.how.views[b].first, with_interval(right), with_interval(ceiling),
                            sidera::fixed_text(share, 3)});
    }
  return table;
}

/// One row per variant: means over all ordered pairs, and the paired difference to the first variant.
[[nodiscard]] inline sidera::report_table variant_table(result const& r) {
  sidera::report_table table;
  auto const first = mean_accuracies(r.variants.front(), false);
  table.columns = {"model",       "cross-view accuracy", "same-view ceiling", "accuracy - " + r.variants.front().name,
                   "codes equal", "words of all views",  "by 20 % of rows",   "CLUB alarms",
                   "seconds"};
  for (variant const& v : r.variants) {
    bool const codes = !v.seeds.front().sharing.empty();
    auto const accuracy = mean_accuracies(v, false);
    table.rows.push_back(
        {v.name, with_interval(accuracy), with_interval(mean_accuracies(v, true)),
         &v == &r.variants.front() ? "" : with_interval(differences(accuracy, first)),
         codes ? with_interval(per_seed(v, [](auto const& s) { return s.agreement; })) : "-",
         codes ? with_interval(per_seed(v, [](auto const& s) { return s.sharing.back(); })) : "-",
         codes ? with_interval(per_seed(v, [](auto const& s) { return s.fair_sharing.back(); })) : "-",
         codes ? sidera::fixed_text(sidera::mean_interval(per_seed(v, [](auto const& s) { return s.alarms; })).mean, 2)
               : "-",
         codes ? sidera::fixed_text(sidera::mean_interval(per_seed(v, [](auto const& s) { return s.seconds; })).mean, 1)
               : "-"});
  }
  return table;
}

}  // namespace program
