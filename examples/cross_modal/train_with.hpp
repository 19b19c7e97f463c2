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
  o.objective.words = s.codes;
  o.objective.terms = chosen_terms(s);
  o.objective.alignment.temperature = s.temperature;
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
                                                            .seed = seed});
  stopwatch watch;
  (void)model.fit(x, present, executor);
  trained out;
  out.seconds = watch.lap();
  auto const codes = model.inference();
  auto const code = [&](std::size_t m, view_rows const& v) {
    coded_rows rows{codes.features(m, v.x, 0, s.time, executor), codes.encode(m, v.x, s.time, executor), {}};
    rows.words = codes.decode(rows.codes);
    return rows;
  };
  for (std::size_t m = 0; m < train.size(); ++m) {
    out.train.push_back(code(m, train[m]));
    out.test.push_back(code(m, test[m]));
  }
  if (codes.level_count() == 1) out.codebook = codes.quantizers().front().words();
  return out;
}

}  // namespace program
