// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which losses a model of disentangled representations is trained with, and how much each of them weighs.
#include <sidera/bottlenecks/dead_code_reset.hpp>
#include <sidera/disentangling/alignment.hpp>
#include <sidera/losses/commitment.hpp>

namespace sidera::inline SIDERA_ABI {

/// Terms that can be left out, one by one: what ablations are made of.
struct objective_terms {
  bool mm_ema = true;            ///< words move towards all modalities; false: every modality moves its own
  bool cross_commitment = true;  ///< features stay near the words of the other modalities too
  bool align = true;             ///< InfoNCE or Cross-CPC
  bool decouple = true;          ///< CLUB or another \ref Decoupler
  bool match = true;             ///< cross-modal code matching, CMCM
  bool reset = true;             ///< of dead words
  bool reconstruct = true;       ///< of the inputs, from word and specific feature

  /// What is left of DCID without everything that connects modalities: one codebook, and autoencoders.
  [[nodiscard]] static objective_terms plain() { return {false, false, false, false, false, true, true}; }
};

/// The sum of these is minimised; DCID (NeurIPS 2023), section 4.4, has all weights 1.
struct objective_weights {
  double reconstruct = 1, align = 1, decouple = 0.1, match = 0.5, words = 1;
  commitment_weights commitment = {};
};

/// Sizes and numbers of one codebook and the losses around it.
struct objective_options {
  std::size_t words = 64;
  std::size_t levels = 1;  ///< of residual and product quantizers
  objective_terms terms = {};
  objective_weights weights = {};
  alignment_options alignment = {};
  double matching_temperature = 1;
  dead_code_reset reset = {};
  std::size_t ema_repeats = 1;
  std::vector<std::size_t> decoder_hidden = {128};
  bool quantise = true;  ///< false: no codebook; features go on as they are (the fine stage of FCID)
};

/// The losses of one batch, unweighted.
struct objective_values {
  double reconstruct = 0, commit = 0, align = 0, decouple = 0, match = 0, words = 0, total = 0;
};

}  // namespace sidera::inline SIDERA_ABI
