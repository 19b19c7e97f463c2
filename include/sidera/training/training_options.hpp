// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <optional>
#include <sidera/core/observer.hpp>
#include <sidera/optimizers/schedules.hpp>
#include <sidera/training/batch_order.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a schedule of the learning rate counts.
enum class schedule_clock { step, epoch };

/// Numbers of a training loop.
struct training_options {
  std::size_t epochs = 10;
  std::size_t batch = 64;  ///< rows per step
  std::uint64_t seed = 0;  ///< of the order of the rows
  last_batch last = last_batch::keep;
  std::function<double(std::size_t)> schedule = constant_rate{};  ///< factor of the learning rate, any \ref Schedule
  schedule_clock clock = schedule_clock::step;
  double max_gradient_norm = 0;                   ///< see \ref clip_gradient_norm; 0: gradients are not clipped
  std::vector<std::string> clip_prefixes = {""};  ///< modules ("audio_encoder.") that are clipped each by itself
  std::size_t patience = 0;  ///< stop after so many epochs without a better held-out figure; 0: never
  bool keep_best = false;    ///< end with the values of the epoch with the best held-out figure
};

/// What a training loop calls from the thread that trains, after each epoch.
struct training_hooks {
  std::function<double()> held_out = {};  ///< a figure on data that is not trained on; smaller is better
  observer progress = {};                 ///< gets the mean loss of the epoch
};

/// One epoch.
struct epoch_record {
  double loss = 0;                      ///< mean over its steps
  std::optional<double> held_out = {};  ///< of the hook, if there is one
};

/// Why training ended.
enum class training_end { epochs_done, no_improvement };

/// All epochs, those before a resumed checkpoint included.
struct training_report {
  std::vector<epoch_record> epochs;
  std::optional<std::size_t> best_epoch = {};  ///< index of the smallest held-out figure, the first one of equals
  training_end end = training_end::epochs_done;
};

}  // namespace sidera::inline SIDERA_ABI
