// SPDX-License-Identifier: MIT
#pragma once
/// \file  The bits that a training leaves on every rank.
#include "combination.hpp"

#include <sidera/communicators/threads.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/io/save_fields.hpp>

namespace trained {

using namespace sidera;

/// Everything that a training leaves, as bytes.
template <class A>
std::string everything(disentangling_model<A> const& m, disentangling_report const& report) {
  field_set f = m.inference().fields();
  m.store().to_fields(f, "parameters.");
  for (std::size_t s = 0; s < m.architecture().stages().size(); ++s) {
    m.architecture().stages()[s].codes().to_fields(f, "codes" + std::to_string(s) + ".");
    auto const& v = report.stages[s];
    f.put("values" + std::to_string(s),
          std::vector<double>{v.reconstruct, v.commit, v.align, v.decouple, v.match, v.words, v.total});
  }
  f.put("losses", report.losses);
  f.put("reset", std::vector<double>{static_cast<double>(report.words_reset)});
  return serialise_fields(f);
}

struct ending {
  std::string bytes;
  std::size_t words_reset;
};

/// What `how(communicator)` makes of the rows that `own(rank)` gives, on every rank.
template <class A, class Own, class How>
std::vector<ending> by(std::size_t ranks, typename A::options_type const& options,
                       disentangling_training const& training, Own const& own, How const& how) {
  std::vector<ending> found(ranks);
  run_ranks(ranks, [&](thread_communicator const& c) {
    disentangling_model<A> m(options, training);
    thread_pool pool(1 + c.rank() % 2);
    auto const& [views, present] = own(c.rank());
    auto const report = m.fit(views, present, pool, {}, how(c));
    found[c.rank()] = {everything(m, report), report.words_reset};
  });
  return found;
}

inline disentangling_training few_epochs() {
  return {.epochs = 4, .batch = 30, .bypass_epochs = 1, .learning_rate = 3e-3};
}

}  // namespace trained
