// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/disentangling_model.hpp>

#include "../common/stopwatch.hpp"
#include "train.hpp"

namespace program {

[[nodiscard]] inline sidera::objective_terms chosen_terms(settings const& s) {
  if (s.model == "vq") return sidera::objective_terms::plain();
  sidera::objective_terms terms;
  terms.mm_ema = !s.without.contains("mm_ema");
  terms.align = !s.without.contains("align");
  terms.decouple = !s.without.contains("club");
  terms.match = !s.without.contains("cmcm");
  terms.reset = !s.without.contains("reset");
  terms.reconstruct = !s.without.contains("recon");
  return terms;
}

/// What all architectures are told alike.
template <class Options>
void set_common(Options& o, settings const& s) {
  o.dim = s.dim;
  o.time = s.time;
  o.general.dropout = s.dropout;
  o.general.hidden.assign(s.hidden > 0 ? 1 : 0, s.hidden);
  o.objective.words = s.codes;
  o.objective.terms = chosen_terms(s);
  o.objective.alignment.temperature = s.temperature;
  if (s.club == "library") return;
  o.decoupler.sampled = true;
  o.decoupler.quirks.time_mean_of_log_variance = s.time > 1;
  o.objective.weights.decouple = 1;
  o.specific = {.hidden = {}, .normalise = false, .rectify = true};
}

/// The share of predictors whose alarm is on after the last batch; 0 without CLUB.
template <class A>
[[nodiscard]] double club_alarms(A const& model) {
  double on = 0, all = 0;
  for (auto const& stage : model.stages()) {
    if (!stage.options().terms.decouple) continue;
    for (auto const& d : stage.decouplers()) on += d.collapse().alarm(), ++all;
  }
  return all > 0 ? on / all : 0;
}

/// Fits architecture A and encodes with what is left of it after training.
template <class A>
[[nodiscard]] trained train_with(typename A::options_type options, settings const& s,
                                 std::vector<view_rows> const& train, std::vector<view_rows> const& test,
                                 std::uint64_t seed, sidera::executor_ref executor) {
  std::vector<matrix> x;
  std::vector<std::vector<std::uint8_t>> present;
  for (view_rows const& v : train) x.push_back(v.x), present.push_back(v.present);
  sidera::disentangling_model<A> model(std::move(options), {.epochs = s.epochs,
                                                            .batch = s.batch,
                                                            .bypass_epochs = s.epochs / 6,
                                                            .learning_rate = s.learning_rate,
                                                            .weight_decay = s.weight_decay,
                                                            .standardise = s.club == "library",
                                                            .seed = seed});
  stopwatch watch;
  (void)model.fit(x, present, executor);
  trained out;
  out.seconds = watch.lap();
  out.alarms = club_alarms(model.architecture());
  auto const codes = model.inference();
  auto const code = [&](std::size_t m, view_rows const& v) {
    coded_rows rows{{}, codes.encode(m, v.x, s.time, executor), {}};
    for (std::size_t c = 0; c < codes.quantizers().size(); ++c)
      rows.features.push_back(codes.features(m, v.x, c, s.time, executor));
    rows.words = codes.decode(rows.codes);
    return rows;
  };
  for (std::size_t m = 0; m < train.size(); ++m) {
    out.train.push_back(code(m, train[m]));
    out.test.push_back(code(m, test[m]));
  }
  for (auto const& quantizer : codes.quantizers()) out.codebooks.push_back(quantizer.words());
  return out;
}

}  // namespace program
