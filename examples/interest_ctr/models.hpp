// SPDX-License-Identifier: MIT
#pragma once
#include "data.hpp"

namespace program {

/// The models that --model all trains.
[[nodiscard]] std::vector<std::string> const& known_models();
/// Throws std::invalid_argument for a name that is not known, and says so where a model is not available (yet).
void require_model(std::string const& name);

/// Scores of the questions by a model that has been trained from one seed on the training part.
struct trained_scores {
  std::vector<double> probability;
  double seconds_per_epoch = 0;
  std::size_t parameters = 0;
};

/// Quantizes, trains and scores; the numbers depend on the arguments alone.
[[nodiscard]] trained_scores train_and_score(std::string const& model, settings const& s, data_set const& data,
                                             sidera::ranking_samples const& questions, std::uint64_t seed);

}  // namespace program
