// SPDX-License-Identifier: MIT
#pragma once
/// \file  Training one model; one function per architecture, each in a file of its own.
#include <sidera/core/executor.hpp>

#include "data.hpp"

namespace program {

/// One view as a trained model sees it, row by row.
struct coded_rows {
  std::vector<matrix> features;  ///< what each codebook searched
  sidera::code_matrix codes;     ///< all levels of all codebooks
  matrix words;                  ///< the words of the codes, side by side
};

struct trained {
  std::vector<coded_rows> train, test;  ///< per view
  std::vector<matrix> codebooks;        ///< of one level each; column c of the codes is that of codebook c
  double seconds = 0;
  double alarms = 0;  ///< share of the modalities where CLUB was satisfied by specific features that say nothing
};

using train_function = trained(settings const&, std::vector<view_rows> const& train, std::vector<view_rows> const& test,
                               std::uint64_t seed, sidera::executor_ref);

train_function train_dcid, train_hierarchical_dcid, train_fcid;

}  // namespace program
