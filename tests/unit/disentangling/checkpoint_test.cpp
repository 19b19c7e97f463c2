// SPDX-License-Identifier: MIT
/// \file  Trainings of disentangling models that are killed, and go on.
#include "../io/temporary_folder.hpp"
#include "trained_bits.hpp"

#include <laws/thrown.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/fcid.hpp>
#include <sidera/disentangling/hierarchical_dcid.hpp>

using namespace sidera;
using trained::everything;
using trained::few_epochs;

namespace {

struct killed : std::runtime_error {
  killed() : std::runtime_error("killed") {}
};

/// Throws when so many epochs are done.
observer kill_after(std::size_t epochs) {
  return [epochs](iteration_report const& r) {
    if (r.iteration == epochs) throw killed();
  };
}

/// Kills a training after each of its epochs, which goes on with another number of threads.
template <class A>
void check_resumed(typename A::options_type const& options, disentangling_training training,
                   std::vector<matrix<float>> const& views, presence_flags const& present = {}) {
  disentangling_model<A> whole(options, training);
  std::string const expected = everything(whole, whole.fit(views, present));
  temporary_folder const folder;
  for (std::size_t stop = 1; stop <= training.epochs; ++stop) {
    CAPTURE(stop);
    training.checkpoint = folder.file("part" + std::to_string(stop));
    disentangling_model<A> m(options, training);
    CHECK_THROWS_AS((void)m.fit(views, present, {}, kill_after(stop)), killed);
    CHECK_THROWS_AS((void)m.inference(), not_fitted_error);
    std::size_t epochs = 0;
    thread_pool pool(2);
    auto const report = m.fit(views, present, pool, [&](iteration_report const&) { ++epochs; });
    CHECK(epochs == training.epochs - stop);
    CHECK(everything(m, report) == expected);
  }
}

std::vector<matrix<float>> digits_of(std::vector<std::string> const& names) {
  return digits::load(names, 160).train;
}

}  // namespace

TEST_CASE("DCID goes on from a checkpoint bit for bit: words, averages, CLUB's predictors and resets") {
  auto options = combination::tiny<dcid<>::options_type>();
  options.objective.ema_repeats = 2;
  options.objective.words = 24;
  options.objective.reset = {.after = 2, .active_below = 2};
  auto const views = digits_of({"fou", "zer", "mor"});
  presence_flags present(3, std::vector<std::uint8_t>(row_count(views[0]), 1));
  for (std::size_t i = 0; i < present[0].size(); i += 3) present[i % 2][i] = 0;
  check_resumed<dcid<>>(options, few_epochs(), views, present);
}

TEST_CASE("A DCID without epochs before its codebook, and one with learned words and another decoupler, go on too") {
  auto training = few_epochs();
  training.bypass_epochs = 0;
  check_resumed<dcid<>>(combination::tiny<dcid<>::options_type>(), training, digits_of({"fou", "mor"}));
  using learned = dcid<residual_quantizer<squared_euclidean, learned_words, additive_residual>, mlp_encoder,
                       mlp_encoder, reversal_decoupler>;
  check_resumed<learned>(combination::tiny<learned::options_type>(), few_epochs(), digits_of({"fou", "mor"}));
}

TEST_CASE("Hierarchical DCID goes on from a checkpoint while its second codebook gathers features") {
  auto options = combination::tiny<hierarchical_dcid<>::options_type>();
  options.second.words = 30;  // gathered over more than one epoch
  auto training = few_epochs();
  training.epochs = 6;
  check_resumed<hierarchical_dcid<>>(options, training, digits_of({"fou", "mor"}));
}

TEST_CASE("FCID on clips goes on from a checkpoint") {
  auto options = combination::tiny<fcid<>::options_type>();
  options.time = 3;
  auto training = few_epochs();
  training.batch = 10;
  check_resumed<fcid<>>(options, training, digits_of({"fou", "zer", "mor"}));
}

TEST_CASE("Ranks go on from the checkpoint of rank 0, as another number of ranks") {
  auto const views = digits_of({"fou", "mor"});
  auto const options = combination::tiny<dcid<>::options_type>();
  auto training = few_epochs();
  auto const own = [&](std::size_t) { return std::pair(views, presence_flags()); };
  auto const shared = [](auto const& c) { return shared_batches(c, 8); };
  std::string const expected = trained::by<dcid<>>(1, options, training, own, shared).front().bytes;
  temporary_folder const folder;
  for (std::size_t const ranks : {1u, 3u}) {
    CAPTURE(ranks);
    training.checkpoint = folder.file("part" + std::to_string(ranks));
    CHECK_THROWS((run_ranks(3, [&](thread_communicator const& c) {
      disentangling_model<dcid<>> m(options, training);
      (void)m.fit(views, {}, {}, kill_after(2), shared(c));
    })));
    if (ranks == 3) {  // rows of their own
      auto const part = [&](std::size_t r) {
        std::vector<matrix<float>> rows;
        index_t const cuts[] = {0, 50, 50, views[0].rows()};
        for (auto const& v : views) rows.push_back(v.middleRows(cuts[r], cuts[r + 1] - cuts[r]));
        return std::pair(rows, presence_flags());
      };
      for (auto const& found :
           trained::by<dcid<>>(3, options, training, part, [](auto const& c) { return spread_batches(c, 8); }))
        CHECK(found.bytes == expected);
    } else {
      CHECK(trained::by<dcid<>>(1, options, training, own, shared).front().bytes == expected);
    }
  }
}

TEST_CASE("A checkpoint is left after every so many epochs, and after the last one; the complete one is only read") {
  auto const views = digits_of({"fou", "mor"});
  auto training = few_epochs();
  training.epochs = 5, training.checkpoint_every = 3;
  temporary_folder const folder;
  training.checkpoint = folder.file("part");
  std::vector<std::size_t> kept;
  disentangling_model<dcid<>> m(combination::tiny<dcid<>::options_type>(), training);
  auto const report = m.fit(views, {}, {}, [&](iteration_report const&) {
    kept.push_back(::access(training.checkpoint.c_str(), F_OK) != 0
                       ? 0
                       : load_fields(training.checkpoint).get_vector<double>("losses").size());
  });
  CHECK(kept == std::vector<std::size_t>{0, 0, 3, 3, 5});
  disentangling_model<dcid<>> again(combination::tiny<dcid<>::options_type>(), training);
  auto const read = again.fit(views, {}, {}, [](iteration_report const&) { FAIL("an epoch was done again"); });
  CHECK(everything(again, read) == everything(m, report));
  CHECK(read.steps == report.steps);
  training.checkpoint_every = 0;
  CHECK_THROWS_WITH_AS((void)disentangling_model<dcid<>>({}, training).fit(views),
                       "disentangling_model::fit: checkpoint_every is 0, expected at least 1", value_error);
}

TEST_CASE("A checkpoint of another training is refused, says what differs and changes nothing") {
  auto const views = digits_of({"fou", "mor"});
  auto const options = combination::tiny<dcid<>::options_type>();
  auto training = few_epochs();
  temporary_folder const folder;
  training.checkpoint = folder.file("part");
  disentangling_model<dcid<>> m(options, training);
  (void)m.fit(views);
  code_matrix const before = m.inference().encode(0, views[0]);
  auto const refused = [&](auto const& o, disentangling_training const& t, std::vector<matrix<float>> const& x) {
    return laws::message_of<file_error>([&] { (void)disentangling_model<dcid<>>(o, t).fit(x); });
  };
  auto const says = [&](std::string const& message, char const* what) {
    CAPTURE(message);
    CHECK(message.find(training.checkpoint) != std::string::npos);
    CHECK(message.find(what) != std::string::npos);
  };
  auto other = training;
  other.epochs = 6;
  says(refused(options, other, views), "the checkpoint was made with epochs 4, this training has 6");
  other = training, other.learning_rate = 1e-3;
  says(refused(options, other, views), "learning_rate 0.003, this training has 0.001");
  other = training, other.seed = 2;
  says(refused(options, other, views), "first parameters");
  auto wider = options;
  wider.general.hidden = {20};
  says(refused(wider, training, views), "first parameters");
  auto lighter = options;
  lighter.objective.weights.align = 0.5;
  says(refused(lighter, training, views), "objectives");
  auto moved = views;
  moved[1](3, 2) += 1;
  says(refused(options, training, moved), "rows");
  auto damaged = load_fields(training.checkpoint);
  damaged.tensors.erase("stage_0.decoupler_1.collapse");
  save_fields(training.checkpoint, damaged);
  says(refused(options, training, views), "collapse");
  CHECK_THROWS_AS((void)m.fit(views), file_error);
  CHECK(m.inference().encode(0, views[0]) == before);
}
