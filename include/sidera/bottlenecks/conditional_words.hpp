// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <sidera/codebooks/codebook.hpp>
#include <sidera/core/check.hpp>
#include <sidera/simd/product.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The words of one level, moved by what the levels before have made of the row:
///   f(c | p) = c + relu(c A + p B + b) C
/// with the reconstruction p so far, after QINCo (Huijben et al., "Residual quantization with implicit neural
/// codebooks", ICML 2024; arXiv 2401.14732). There, a linear layer sees [c ; p] and residual blocks follow; here, one
/// residual block sees both. Without a network (the first level) f(c | p) = c.
template <Scalar T>
struct conditional_words {
  matrix<T> words;        ///< K x D
  matrix<T> from_word;    ///< A, D x H; empty without a network
  matrix<T> from_prefix;  ///< B, D x H
  matrix<T> bias;         ///< b, 1 x H
  matrix<T> out;          ///< C, H x D

  [[nodiscard]] bool plain() const noexcept { return from_word.size() == 0; }

  /// Every entry has the shape that the words and the width of the network ask for.
  void check(std::string_view where) const {
    require_not_empty(words, where, "words");
    if (plain()) return;
    std::size_t const dim = column_count(words), hidden = column_count(from_word);
    require_rows(from_word, dim, where, "from_word");
    require_rows(from_prefix, dim, where, "from_prefix");
    require_columns(from_prefix, hidden, where, "from_prefix");
    require_rows(bias, 1, where, "bias");
    require_columns(bias, hidden, where, "bias");
    require_rows(out, hidden, where, "out");
    require_columns(out, dim, where, "out");
  }

  /// f(c | p) of the given rows of words, one prefix for all of them.
  [[nodiscard]] matrix<T> given(matrix<T> const& some_words, matrix<T> const& prefix) const {
    if (plain()) return some_words;
    matrix<T> const shift = simd::product<T>(prefix, from_prefix) + bias;
    matrix<T> hidden = simd::product<T>(some_words, from_word);
    for (index_t k = 0; k < hidden.rows(); ++k)
      for (index_t h = 0; h < hidden.cols(); ++h) hidden(k, h) = std::max(hidden(k, h) + shift(0, h), T(0));
    matrix<T> moved = simd::product<T>(hidden, out);
    moved += some_words;
    return moved;
  }

  /// The word whose f is nearest to `residual` (1 x D), the lower one of two that are equally near.
  [[nodiscard]] code_t nearest(matrix<T> const& residual, matrix<T> const& prefix) const {
    matrix<T> const candidates = given(words, prefix);
    code_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (index_t k = 0; k < candidates.rows(); ++k) {
      double sum = 0;
      for (index_t d = 0; d < candidates.cols(); ++d) {
        double const gap = static_cast<double>(residual(0, d)) - static_cast<double>(candidates(k, d));
        sum += gap * gap;
      }
      if (sum < least) least = sum, best = static_cast<code_t>(k);
    }
    return best;
  }

  /// prefix += f(word of the code | prefix): encoding and decoding go the same way, bit for bit.
  void advance(code_t code, matrix<T>& prefix) const { prefix += given(matrix<T>(words.row(code)), prefix); }
};

}  // namespace sidera::inline SIDERA_ABI
