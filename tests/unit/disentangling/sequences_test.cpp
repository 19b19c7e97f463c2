// SPDX-License-Identifier: MIT
/// \file  Clips of three modalities that share events and have private ones: the data of cross_modal --sequences.
#include "../../../examples/cross_modal/sequences.hpp"

#include "combination.hpp"

#include <sidera/disentangling/dcid.hpp>

using namespace sidera;

namespace {

using clip_model = disentangling_model<dcid<>>;

/// 160 clips of 6 steps for training, 80 for the test.
struct clips {
  static constexpr std::size_t time = 6;
  static constexpr index_t training_rows = 160 * time, test_rows = 80 * time, events = 8;
  program::drawn_sequences drawn =
      program::draw_sequences({.clips = 240, .time = time, .events = events, .latent = 8, .widths = {24, 16, 12}}, 3);

  [[nodiscard]] std::vector<matrix<float>> training() const {
    std::vector<matrix<float>> out;
    for (auto const& v : drawn.views) out.emplace_back(v.topRows(training_rows));
    return out;
  }
  [[nodiscard]] clip_model train(dcid<>::options_type const& options, bool standardise = true) const {
    clip_model m(options,
                 {.epochs = 20, .batch = 16, .bypass_epochs = 7, .learning_rate = 3e-3, .standardise = standardise});
    (void)m.fit(training());
    return m;
  }
  /// Events by the nearest mean of words: means of the training rows of one view, words of the test rows of the next.
  [[nodiscard]] double transfer(clip_model const& trained) const {
    auto const m = trained.inference();
    double right = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      auto const& own = drawn.views[a];
      auto const& other = drawn.views[(a + 1) % 3];
      matrix<float> const words = m.decode(m.encode(a, own.topRows(training_rows), time));
      matrix<float> const asked = m.decode(m.encode((a + 1) % 3, other.bottomRows(test_rows), time));
      matrix<float> sums = matrix<float>::Zero(events, words.cols());
      std::vector<float> counts(events, 1e-6F);
      for (index_t i = 0; i < words.rows(); ++i)
        sums.row(static_cast<index_t>(event(i))) += words.row(i), ++counts[event(i)];
      for (index_t e = 0; e < events; ++e) sums.row(e) /= counts[static_cast<std::size_t>(e)];
      for (index_t i = 0; i < asked.rows(); ++i) {
        index_t nearest = 0;
        (sums.rowwise() - asked.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
        right += nearest == static_cast<index_t>(event(training_rows + i));
      }
    }
    return right / static_cast<double>(3 * test_rows);
  }
  [[nodiscard]] std::size_t event(index_t row) const {
    return static_cast<std::size_t>(drawn.event[static_cast<std::size_t>(row)]);
  }
};

dcid<>::options_type clip_options() {
  dcid<>::options_type o;
  o.dim = 16, o.specific_dim = 8, o.time = clips::time;
  o.objective.words = 16;
  o.objective.decoder_hidden = {24};
  o.general.hidden = o.specific.hidden = {32};
  o.decoupler.hidden = 16;
  return o;
}

std::size_t alarms(clip_model const& m) {
  auto const& all = m.architecture().stages().front().decouplers();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](auto const& d) { return d.collapse().alarm(); }));
}

}  // namespace

TEST_CASE("Sequences: drawn anew for every seed, equal for equal seeds, with events of equal chance") {
  program::sequence_world const world{.clips = 300, .time = 5, .events = 4};
  auto const one = program::draw_sequences(world, 1), again = program::draw_sequences(world, 1);
  CHECK(one.views[2] == again.views[2]);
  CHECK(one.views[2] != program::draw_sequences(world, 2).views[2]);
  REQUIRE(one.event.size() == 1500);
  for (std::int32_t e = 0; e < 4; ++e)
    CHECK(std::abs(static_cast<double>(std::count(one.event.begin(), one.event.end(), e)) - 375) < 75);
  std::size_t stays = 0;  // 0.7 and a quarter of the rest
  for (std::size_t i = 1; i < 1500; ++i) stays += i % 5 != 0 && one.event[i] == one.event[i - 1];
  CHECK(std::abs(static_cast<double>(stays) / 1200 - 0.775) < 0.05);
}

TEST_CASE("Sequences: DCID's codes carry events across modalities, plain VQ's do not; CLUB as released collapses") {
  clips const data;
  auto options = clip_options();
  auto const as_here = data.train(options);
  double const full = data.transfer(as_here);
  CHECK(full > 0.55);
  CHECK(alarms(as_here) == 0);

  auto plain = options;
  plain.objective.terms = objective_terms::plain();
  double const without = data.transfer(data.train(plain));
  CHECK(without < 0.3);  // an eighth is chance
  CHECK(full > without + 0.3);

  // Specific features that the released configuration makes of views as they come say nothing, and the alarm tells.
  options.objective.weights.decouple = 1;
  options.decoupler.sampled = true;
  options.decoupler.quirks.time_mean_of_log_variance = true;
  options.specific = {.hidden = {}, .normalise = false, .rectify = true};
  CHECK(alarms(data.train(options, false)) == 3);
}
