// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// What the command line says.
struct settings {
  bool generated = false;
  std::string interactions;
  std::vector<std::pair<std::string, std::string>> views;  ///< name and file
  std::vector<std::string> models = {"all"};
  std::size_t levels = 3, words = 64;
  double prefix_weight = 1;
  std::string scale = "equal";   ///< of each view before it is quantized
  std::string joint_scale = {};  ///< of the views of the joint codes; empty: as `scale`
  bool align = false;
  std::size_t dim = 64, history = 20, epochs = 1, batch = 64;
  double learning_rate = 5e-4, weight_decay = 0, deviation = 0.05;
  std::string embedding_init = "random";
  std::string pooling = "din";       ///< how a history is attended
  std::size_t behaviour_weight = 4;  ///< of the behaviour vectors among the sources of din+bbq, a modality has 1
  bool shared_words = true;          ///< false: every source of din+bbq has words of its own
  std::size_t negatives = 1, test_negatives = 4;
  std::string rule = "popularity";
  std::string part = "test";  ///< what the figures are of
  std::size_t cold = 30, seeds = 10, threads = 0;
  std::size_t at = 10, ranked_users = 100;
  std::vector<std::string> versus =
      {};  ///< models that all others are compared with, seed by seed; see complete_models
  std::string json, report, journal;
};

/// Odds of a taken item in the questions over its odds in training samples: a ranker learns probabilities at one taken
/// item to `negatives` others, and is asked at one to `test_negatives`.
[[nodiscard]] inline double odds_ratio(settings const& s) {
  return static_cast<double>(s.negatives) / static_cast<double>(s.test_negatives);
}

inline constexpr std::initializer_list<char const*> scales = {"none", "l2", "zscore", "equal"};

}  // namespace program
