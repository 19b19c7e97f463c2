// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/interest/ranking_lists.hpp>

#include "data.hpp"

namespace program {

/// The models that --model all trains.
[[nodiscard]] std::vector<std::string> const& known_models();
/// Throws std::invalid_argument for a name that is not known.
void require_model(std::string const& name);

/// What every model is asked: single questions with drawn negatives, and whole lists of some users.
struct question_set {
  sidera::ranking_samples samples;
  std::vector<sidera::ranking_list> lists;
};

/// Scores of the questions by a model that has been trained from one seed on the training part.
struct trained_scores {
  std::vector<double> probability;            ///< of the samples
  std::vector<std::vector<double>> of_lists;  ///< one per list, for its candidates
  std::vector<sidera::code_t> id;             ///< per item: equal for items that the model cannot tell apart by codes
  double seconds_per_epoch = 0;
  std::size_t parameters = 0;
};

/// Quantizes, trains and scores; the numbers depend on the arguments alone.
[[nodiscard]] trained_scores train_and_score(std::string const& model, settings const& s, data_set const& data,
                                             question_set const& asked, std::uint64_t seed);

}  // namespace program
