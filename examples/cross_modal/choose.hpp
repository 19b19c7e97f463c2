// SPDX-License-Identifier: MIT
#pragma once
/// \file  Settings that are chosen on training items: options that were given as lists.
#include "measure.hpp"

namespace program {

/// All combinations of the lists that matter to the model, each with the first entry of the others.
[[nodiscard]] inline std::vector<settings> candidates(settings const& s) {
  std::vector<settings> all = {s};
  auto const spread = [&](auto const& list, auto settings::*value) {
    std::vector<settings> next;
    for (settings const& one : all)
      for (auto const& entry : list) {
        next.push_back(one);
        next.back().*value = entry;
      }
    all = std::move(next);
  };
  if (s.model.starts_with("CCA")) {
    spread(s.lists.ridge, &settings::ridge);
    spread(s.lists.directions, &settings::directions);
  } else {
    spread(s.lists.temperature, &settings::temperature);
    spread(s.lists.dropout, &settings::dropout);
    spread(s.lists.hidden, &settings::hidden);
    spread(s.lists.weight_decay, &settings::weight_decay);
  }
  return all;
}

[[nodiscard]] inline seed_result measure_once(experiment const& e, settings const& s, std::uint64_t seed,
                                              sidera::executor_ref executor) {
  if (s.model.starts_with("CCA")) return measure_cca(e, s, seed, s.model != "CCA, no codes", executor);
  return measure_model(e, s, seed, executor);
}

/// The mean accuracy over ordered pairs of different views.
[[nodiscard]] inline double cross_view_accuracy(seed_result const& r) {
  double const n = static_cast<double>(r.accuracy.rows());
  return (r.accuracy.sum() - r.accuracy.trace()) / (n * (n - 1));
}

/// Each candidate is trained on three quarters of the training items, and the one whose codes carry labels best across
/// the views of the other quarter is measured on the test; the first of equals.
[[nodiscard]] inline seed_result measure(experiment const& e, settings const& s, std::uint64_t seed,
                                         sidera::executor_ref executor) {
  auto all = candidates(s);
  std::size_t best = 0;
  if (all.size() > 1) {
    experiment const inner = e.held_out(s.time, seed);
    double highest = -1;
    for (std::size_t k = 0; k < all.size(); ++k)
      if (double const a = cross_view_accuracy(measure_once(inner, all[k], seed, executor)); a > highest)
        highest = a, best = k;
  }
  seed_result r = measure_once(e, all[best], seed, executor);
  r.how = std::move(all[best]);
  return r;
}

}  // namespace program
