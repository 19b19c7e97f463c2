// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/log_sum_exp.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/core/random.hpp>

namespace sidera::inline SIDERA_ABI {

/// For every word another word of its group, drawn at random, or no_code where the word is alone: the positive words of
/// \ref word_diversity. `groups` has the group of each word (LETTER: k-means of the words in groups of equal size,
/// which \ref balanced gives).
[[nodiscard]] inline std::vector<code_t> partners_in_groups(std::span<code_t const> groups, random_stream random) {
  std::vector<code_t> partners(groups.size(), no_code);
  for (std::size_t j = 0; j < groups.size(); ++j) {
    std::vector<code_t> others;
    for (std::size_t k = 0; k < groups.size(); ++k)
      if (k != j && groups[k] == groups[j]) others.push_back(static_cast<code_t>(k));
    if (!others.empty()) partners[j] = others[random.below(j, others.size())];
  }
  return partners;
}

/// LETTER's diversity term: words that are chosen draw near to others of their group and away from all the rest, so
/// that codes are assigned more evenly; Wang et al., "Learnable item tokenization for generative recommendation" (CIKM
/// 2024; arXiv 2405.07314), the diversity regularisation:
///   L = -mean_i log(exp(<e_c, e_+>) / sum over j != c of exp(<e_c, e_j>)),  c = codes_i, + = partners_c.
///
/// `words` is K x D, K >= 2; rows without a code, and those whose word has no partner (no_code), are left out; 0 where
/// none is left. With equal words it is ln(K - 1).
template <Scalar T>
[[nodiscard]] variable<T> word_diversity(variable<T> words, std::span<code_t const> codes,
                                         std::span<code_t const> partners) {
  constexpr std::string_view where = "word_diversity";
  if (words.rows() < 2 || partners.size() != words.rows())
    throw shape_error(where, "words are " + shape_text(words) + " with " + std::to_string(partners.size()) +
                                 " partners, expected at least two words and one partner each");
  std::vector<code_t> chosen, positive;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    detail::require_code(codes[i], words.rows(), i, where);
    if (codes[i] < 0 || partners[static_cast<std::size_t>(codes[i])] < 0) continue;
    chosen.push_back(codes[i]);
    positive.push_back(partners[static_cast<std::size_t>(codes[i])]);
  }
  tape<T>& t = words.owner();
  if (chosen.empty()) return t.constant(T(0));
  matrix<T> own = matrix<T>::Zero(static_cast<index_t>(chosen.size()), static_cast<index_t>(words.rows()));
  for (std::size_t i = 0; i < chosen.size(); ++i) own(static_cast<index_t>(i), chosen[i]) = T(-1e30);  // exp: 0
  variable<T> const e = gather_rows(words, std::span<code_t const>(chosen));
  variable<T> const others = matmul_nt(e, words) + t.constant(own);
  return mean(log_sum_exp(others) - dot_over_columns(e, gather_rows(words, std::span<code_t const>(positive))));
}

}  // namespace sidera::inline SIDERA_ABI
