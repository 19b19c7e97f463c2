// SPDX-License-Identifier: MIT
#pragma once
/// \file  How a caller watches training. The library itself prints nothing.
#include <cstddef>
#include <functional>
#include <sidera/core/config.hpp>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// What happened in one iteration of any training loop.
struct iteration_report {
  std::string_view stage;  ///< what is being trained, for example "codebook" or "epoch"
  std::size_t level = 0;   ///< of a residual or product quantizer
  std::size_t levels = 1;
  std::size_t iteration = 0;   ///< counts from 1
  std::size_t iterations = 0;  ///< the most there will be
  double objective = 0;        ///< what is minimised: mean distortion of the level, or the loss
  std::size_t dead_words = 0;  ///< words without a member in this iteration
  double perplexity = 0;       ///< of the code usage in this iteration
};

/// Called after each iteration from the thread that trains. An exception that it throws ends the training and reaches
/// the caller of `fit`; the model keeps the state it had before `fit`.
using observer = std::function<void(iteration_report const&)>;

}  // namespace sidera::inline SIDERA_ABI
