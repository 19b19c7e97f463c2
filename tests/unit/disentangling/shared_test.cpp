// SPDX-License-Identifier: MIT
/// \file  Disentangling models whose batches are shared out among ranks.
#include "trained_bits.hpp"

#include <atomic>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/fcid.hpp>
#include <sidera/disentangling/hierarchical_dcid.hpp>

using namespace sidera;
using trained::ending;
using trained::few_epochs;

namespace {

template <class A>
std::vector<ending> trained_by(std::size_t ranks, typename A::options_type const& options,
                               disentangling_training const& training, std::vector<matrix<float>> const& views,
                               presence_flags const& present, std::size_t piece) {
  auto const all = std::tie(views, present);
  return trained::by<A>(
      ranks, options, training, [&](std::size_t) -> auto const& { return all; },
      [&](thread_communicator const& c) { return shared_batches(c, piece); });
}

}  // namespace

TEST_CASE("shared batches of DCID: the same bits for any number of ranks, with resets, repeats and missing rows") {
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  presence_flags present(3, std::vector<std::uint8_t>(row_count(d.train[0]), 1));
  for (std::size_t i = 0; i < present[0].size(); i += 3) present[i % 2][i] = 0;
  auto options = combination::tiny<dcid<>::options_type>();
  options.objective.ema_repeats = 2;
  options.objective.words = 24;
  options.objective.reset = {.after = 2, .active_below = 2};
  std::string sevens, fifteens;
  for (std::size_t const piece : {std::size_t{7}, std::size_t{15}}) {  // five and two pieces: one or two ranks are idle
    CAPTURE(piece);
    ending const expected = trained_by<dcid<>>(1, options, few_epochs(), d.train, present, piece).front();
    CHECK(expected.words_reset > 0);
    for (std::size_t ranks = 2; ranks <= 4; ++ranks)
      for (auto const& found : trained_by<dcid<>>(ranks, options, few_epochs(), d.train, present, piece))
        CHECK(found.bytes == expected.bytes);
    (piece == 7 ? sevens : fifteens) = expected.bytes;
  }
  CHECK(sevens != fifteens);  // the pieces are part of the result
}

TEST_CASE("shared batches of hierarchical DCID, whose second stage joins in later: the same bits for any ranks") {
  auto const d = digits::load({"fou", "mor"}, 120);
  auto const options = combination::tiny<hierarchical_dcid<>::options_type>();
  ending const expected = trained_by<hierarchical_dcid<>>(1, options, few_epochs(), d.train, {}, 10).front();
  for (std::size_t const ranks : {std::size_t{2}, std::size_t{4}})
    for (auto const& found : trained_by<hierarchical_dcid<>>(ranks, options, few_epochs(), d.train, {}, 10))
      CHECK(found.bytes == expected.bytes);
}

namespace {

/// The bits of one rank are those of more; 120 rows are 40 clips of 3 steps, 10 to a batch and 4 to a piece.
template <class A>
void check_clips(typename A::options_type options, std::size_t views) {
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  std::vector<matrix<float>> const x(d.train.begin(), d.train.begin() + static_cast<std::ptrdiff_t>(views));
  options.time = 3;
  auto training = few_epochs();
  training.batch = 10;
  ending const expected = trained_by<A>(1, options, training, x, {}, 4).front();
  for (std::size_t ranks = 2; ranks <= 4; ++ranks)
    for (auto const& found : trained_by<A>(ranks, options, training, x, {}, 4)) CHECK(found.bytes == expected.bytes);
}

}  // namespace

TEST_CASE("shared batches of clips, CLUB as released: the same bits for any ranks") {
  auto options = combination::tiny<dcid<>::options_type>();
  options.decoupler.sampled = true;
  options.decoupler.quirks.time_mean_of_log_variance = true;
  check_clips<dcid<>>(options, 2);
}

TEST_CASE("shared batches of FCID, whose fine stage has no codebook: the same bits for any ranks") {
  check_clips<fcid<>>(combination::tiny<fcid<>::options_type>(), 3);
}

TEST_CASE("shared batches in one piece are whole batches, but for rounding") {
  auto const d = digits::load({"fou", "zer"}, 160);
  auto const options = combination::tiny<dcid<>::options_type>();
  disentangling_model<dcid<>> whole(options, few_epochs()), shared(options, few_epochs());
  auto const a = whole.fit(d.train);
  disentangling_report b;
  run_ranks(1, [&](thread_communicator const& c) { b = shared.fit(d.train, {}, {}, {}, shared_batches(c, 1000)); });
  for (std::size_t e = 0; e < a.losses.size(); ++e) CHECK(b.losses[e] == doctest::Approx(a.losses[e]).epsilon(1e-3));
  CHECK(b.stages[0].decouple == doctest::Approx(a.stages[0].decouple).epsilon(0.02));
  CHECK(b.stages[0].total == doctest::Approx(a.stages[0].total).epsilon(1e-2));
  auto const& club = shared.architecture().stages()[0].decouplers()[0].collapse();
  CHECK(club.fit_loss ==
        doctest::Approx(whole.architecture().stages()[0].decouplers()[0].collapse().fit_loss).epsilon(0.02));
  CHECK(club.variance > 0);
  auto const words = [](auto const& m) { return m.architecture().stages()[0].codes().words(m.store()); };
  CHECK((words(whole) - words(shared)).norm() < 1e-2f * words(whole).norm());
}

TEST_CASE("shared batches of DCID: a rank with other rows is an error on every rank") {
  auto const d = digits::load({"fou", "zer"}, 160);
  std::atomic<int> told = 0;
  run_ranks(3, [&](thread_communicator const& c) {
    auto views = d.train;
    if (c.rank() == 1) views[1](4, 2) += 1;
    disentangling_model<dcid<>> m(combination::tiny<dcid<>::options_type>(), few_epochs());
    try {
      (void)m.fit(views, {}, {}, {}, shared_batches(c, 8));
    } catch (value_error const& e) {
      told += std::string(e.what()) == "disentangling_model::fit: rank 1 has other numbers in view 1 than rank 0";
    }
  });
  CHECK(told == 3);
}

TEST_CASE("shared batches of DCID: a rank with another learning rate or weight is an error on every rank") {
  auto const d = digits::load({"fou", "zer"}, 160);
  std::atomic<int> told = 0;
  for (bool const rate : {true, false})
    run_ranks(2, [&](thread_communicator const& c) {
      auto training = few_epochs();
      auto options = combination::tiny<dcid<>::options_type>();
      if (c.rank() == 1 && rate) training.learning_rate *= 2;
      if (c.rank() == 1 && !rate) options.objective.weights.align = 3;
      disentangling_model<dcid<>> m(options, training);
      CHECK_THROWS_WITH_AS((void)m.fit(d.train, {}, {}, {}, shared_batches(c, 8)),
                           doctest::Contains("rank 1 has other"), value_error);
      ++told;
    });
  CHECK(told == 4);
}
