// SPDX-License-Identifier: MIT
#pragma once
/// \file  A type that spells a whole model is built, trained for a few steps on three views of the digits, and used.
#include "digits.hpp"

#include <sidera/disentangling/disentangling_model.hpp>

namespace combination {

using namespace sidera;

template <class Options>
Options tiny() {
  Options o;
  o.dim = 12, o.specific_dim = 6;
  o.objective.words = 8, o.objective.levels = 2;
  o.objective.decoder_hidden = {12};
  if constexpr (requires { o.general.hidden; }) o.general.hidden = {16};
  if constexpr (requires { o.general.feed_forward; }) o.general.feed_forward = 12, o.general.heads = 2;
  if constexpr (requires { o.specific.hidden; }) o.specific.hidden = {12};
  if constexpr (requires { o.decoupler.hidden; }) o.decoupler.hidden = 8;
  if constexpr (requires { o.second; }) o.second = o.objective;
  if constexpr (requires { o.fine; }) o.fine = o.objective;
  return o;
}

/// What every model owes: the loss falls, codes name words, decoding gives words, saved fields give the same codes.
template <class A>
typename disentangling_model<A>::inference_type check(typename A::options_type const& options) {
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  disentangling_training training;
  training.epochs = 10, training.bypass_epochs = 3, training.batch = 30, training.learning_rate = 3e-3;
  disentangling_model<A> model(options, training);
  auto const report = model.fit(d.train);
  CHECK(report.losses[2] < report.losses[0]);  // before the codebook joins in
  CHECK(std::isfinite(report.losses.back()));
  auto const codes = model.inference();
  typename disentangling_model<A>::inference_type loaded(options);
  loaded.load(codes.fields());
  for (std::size_t m = 0; m < 3; ++m) {
    auto const found = codes.encode(m, d.test[m]);
    CHECK(found.cols() == static_cast<index_t>(codes.level_count()));
    CHECK(found.minCoeff() >= 0);
    CHECK(found.maxCoeff() < 8);
    CHECK(found.maxCoeff() > 0);  // not all rows alike
    CHECK(found == loaded.encode(m, d.test[m]));
    auto const words = codes.decode(found);
    CHECK(words.cols() == static_cast<index_t>(options.dim * codes.quantizers().size()));
    CHECK(all_finite(std::span<float const>(words.data(), static_cast<std::size_t>(words.size()))));
  }
  return codes;
}

template <class A>
auto check() {
  return check<A>(tiny<typename A::options_type>());
}

}  // namespace combination
