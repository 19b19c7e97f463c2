// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/objective.hpp>

namespace sidera::inline SIDERA_ABI {

/// How a disentangling model is trained.
struct disentangling_training {
  std::size_t epochs = 60;
  std::size_t batch = 128;         ///< clips
  std::size_t bypass_epochs = 10;  ///< < epochs: without codebook, which then starts from k-means of the features
  double learning_rate = 1e-3;     ///< of Adam, falls to 0 by a cosine
  double weight_decay = 0;
  double clip_norm = 1;     ///< of the gradient of all parameters together
  bool standardise = true;  ///< columns of the views: mean 0, variance 1 on the training rows
  std::uint64_t seed = 1;
  std::string checkpoint = {};       ///< a file that a fit leaves after its epochs, and that the next one goes on from
  std::size_t checkpoint_every = 1;  ///< epochs; the last one is always kept
};

/// What training saw in its last epoch.
struct disentangling_report {
  std::size_t steps = 0;
  std::size_t words_reset = 0;           ///< in all epochs
  std::vector<double> losses;            ///< mean total per epoch
  std::vector<objective_values> stages;  ///< of the last batch
};

}  // namespace sidera::inline SIDERA_ABI
