// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a stage keeps of the batch at hand; \ref shared_stages reads and writes it.
#include <sidera/bottlenecks/bottleneck_output.hpp>
#include <sidera/disentangling/objective.hpp>

namespace sidera::inline SIDERA_ABI {

/// What \ref disentangling_stage::loss is given, and what it does with it.
enum class batch_part {
  whole,   ///< all rows of a batch: decouplers learn from them, then come the losses
  survey,  ///< a piece of a batch: the features that decouplers will learn from are kept, and there is no loss
  piece    ///< a piece of a batch: decouplers stay as they are
};

template <Scalar T>
struct stage_batch {
  batch_part part = batch_part::whole;
  objective_values values;               ///< of the terms of the loss
  std::vector<matrix<T>> surveyed;       ///< by a survey: general and specific features, modality after modality
  std::vector<bottleneck_rows<T>> rows;  ///< of all pieces, for the next update; empty: the last loss had all rows
};

}  // namespace sidera::inline SIDERA_ABI
