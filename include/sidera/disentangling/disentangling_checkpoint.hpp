// SPDX-License-Identifier: MIT
#pragma once
/// \file  Where the training of a disentangling model stands between two epochs.
#include <sidera/core/checkpoint_identity.hpp>
#include <sidera/core/type_name.hpp>
#include <sidera/disentangling/disentangling_training.hpp>
#include <sidera/disentangling/equal_models.hpp>
#include <sidera/io/load_on_ranks.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/optimizers/optimizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// What must be the same for a checkpoint to be gone on from: the training, the model before its first step, and the
/// rows. Not threads and ranks: they change nothing. `piece_rows` is 0 for whole batches.
template <class A>
[[nodiscard]] checkpoint_identity disentangling_identity(disentangling_training const& training, std::size_t time,
                                                         std::size_t piece_rows,
                                                         parameters<typename A::scalar_type> const& first,
                                                         std::vector<typename A::stage_type> const& stages,
                                                         std::uint64_t rows) {
  field_set parameters;
  first.to_fields(parameters);
  return {{"architecture", policy_name<A>()},
          {"epochs", to_text(training.epochs)},
          {"batch", to_text(training.batch)},
          {"bypass_epochs", to_text(training.bypass_epochs)},
          {"learning_rate", to_text(training.learning_rate)},
          {"weight_decay", to_text(training.weight_decay)},
          {"clip_norm", to_text(training.clip_norm)},
          {"standardise", training.standardise ? "yes" : "no"},
          {"seed", to_text(training.seed)},
          {"time", to_text(time)},
          {"piece_rows", to_text(piece_rows)},
          {"first parameters", fields_fingerprint(parameters)},
          {"objectives", to_text(crc32::of(detail::numbers_of(stages).bytes()))},
          {"rows", to_text(rows)}};
}

/// The parts of a training that go from epoch to epoch.
template <Scalar T, class Stage>
struct disentangling_position {
  parameters<T>& store;
  std::vector<Stage>& stages;
  optimizer<T>& steps;
  disentangling_report& report;

  [[nodiscard]] field_set fields() const {
    field_set f;
    f.metadata["model"] = "disentangling_position";
    store.to_fields(f, "parameters.");
    steps.to_fields(f);
    for (std::size_t s = 0; s < stages.size(); ++s) stages[s].to_fields(f, "stage_" + to_text(s) + ".");
    f.put("losses", report.losses);
    f.put("words_reset", std::vector<std::int64_t>{static_cast<std::int64_t>(report.words_reset)});
    return f;
  }
  /// Throws value_error or shape_error; then the parts are of no use any more.
  void restore(field_set const& f) {
    f.require_model("disentangling_position", "disentangling_model::fit");
    store.from_fields(f, "parameters.");
    steps.from_fields(f);
    for (std::size_t s = 0; s < stages.size(); ++s) stages[s].from_fields(f, "stage_" + to_text(s) + ".");
    report.losses = f.get_vector<double>("losses");
    report.words_reset = static_cast<std::size_t>(f.get_number<std::int64_t>("words_reset"));
  }
};

/// The checkpoint file of a training among `ranks`; without a path, nothing happens.
template <Communicator C>
class disentangling_checkpoint {
 public:
  /// `identity()` is asked for where there is a path.
  template <class F>
  disentangling_checkpoint(disentangling_training const& training, C const& ranks, F const& identity)
      : training_(training), ranks_(ranks) {
    if (wanted()) identity_ = identity();
  }

  /// Goes on from the file, if there is one: `position` is then where that training was. Throws file_error, on every
  /// rank, for one of another training.
  template <class Position>
  void resume(Position position) const {
    auto const fields = load_on_ranks(training_.checkpoint, ranks_);
    if (!fields) return;
    try {
      require_identity(*fields, identity_, "disentangling_model::fit");
      position.restore(*fields);
    } catch (argument_error const& e) {
      throw file_error(training_.checkpoint, e.what());
    }
  }

  /// After every epoch: leaves a file where it is time to, on rank 0, whole or not at all.
  template <class Position>
  void epoch_is_done(Position const& position) const {
    std::size_t const done = position.report.losses.size();
    if (!wanted() || ranks_.rank() != 0) return;
    if (done % training_.checkpoint_every != 0 && done != training_.epochs) return;
    field_set fields = position.fields();
    put_identity(fields, identity_);
    save_fields(training_.checkpoint, fields);
  }

 private:
  [[nodiscard]] bool wanted() const noexcept { return !training_.checkpoint.empty(); }

  disentangling_training const& training_;
  C const& ranks_;
  checkpoint_identity identity_;
};

}  // namespace sidera::inline SIDERA_ABI
