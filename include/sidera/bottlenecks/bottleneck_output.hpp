// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/variable.hpp>
#include <sidera/core/matrix.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What a bottleneck makes of one modality.
template <Scalar T>
struct bottleneck_output {
  variable<T> z;                   ///< what came in, N x D
  variable<T> quantised;           ///< what goes on: the words, with a gradient to z; N x D
  variable<T> words;               ///< the chosen words as constants; N x D, zeros for rows without the modality
  code_matrix codes;               ///< N x levels
  variable<T> word_loss;           ///< 1 x 1: what learned words are trained with, a mean over rows with a code; or 0
  std::vector<matrix<T>> queries;  ///< what each level searched
};

/// What a bottleneck learns from of one modality: the numbers of a \ref bottleneck_output, which need no tape.
template <Scalar T>
struct bottleneck_rows {
  matrix<T> z;                     ///< N x D; looked at only when updates are repeated
  code_matrix codes;               ///< N x levels
  std::vector<matrix<T>> queries;  ///< one per level, N rows
};

}  // namespace sidera::inline SIDERA_ABI
