// SPDX-License-Identifier: MIT
#pragma once
/// \file  How good the head of a ranked list is. One query at a time: `relevance` >= 0 per item, larger is better; an
/// item
///        counts as relevant from 1 on. The mean over queries is the caller's.
#include <sidera/evaluation/binary_scores.hpp>

namespace sidera::inline SIDERA_ABI {

/// What happens to items with equal scores.
enum class tie_rule {
  average,  ///< they share the average gain of their ranks: no order is better than another (McSherry and Najork 2008)
  stable,   ///< the one that comes first in the input is ranked higher
};

namespace detail {

inline void require_list(std::span<double const> relevance, std::span<double const> scores, std::size_t k,
                         std::string_view function) {
  require_scores(relevance.size(), scores, function);
  if (k == 0) throw value_error(function, "k is 0");
  for (std::size_t i = 0; i < relevance.size(); ++i)
    if (!(relevance[i] >= 0) || !std::isfinite(relevance[i]))
      throw value_error(function, "relevance of item " + std::to_string(i) + " is not a finite number >= 0", i);
}

[[nodiscard]] inline double discount(std::size_t rank) noexcept {
  return 1 / std::log2(static_cast<double>(rank) + 2);  // rank counts from 0
}

[[nodiscard]] inline double discounted_gain(std::span<double const> relevance, std::span<double const> scores,
                                            std::size_t k, tie_rule ties) {
  auto const order = descending_order(scores);
  double sum = 0;
  for (std::size_t begin = 0, end = 0; begin < std::min(k, order.size()); begin = end) {
    double gain = 0, weight = 0;
    do {
      gain += relevance[order[end]];
      if (end < k) weight += discount(end);
      ++end;
    } while (ties == tie_rule::average && end < order.size() && scores[order[end]] == scores[order[begin]]);
    sum += gain / static_cast<double>(end - begin) * weight;
  }
  return sum;
}

/// The rank of the first relevant item, counted from 0; the size of the list if there is none.
[[nodiscard]] inline std::size_t first_relevant(std::span<double const> relevance, std::span<double const> scores) {
  auto const order = descending_order(scores);
  std::size_t rank = 0;
  while (rank < order.size() && relevance[order[rank]] < 1) ++rank;
  return rank;
}

}  // namespace detail

/// NDCG@k = DCG@k / (the largest DCG@k possible), DCG@k = sum over ranks r = 1 .. k of relevance / log2(r + 1)
/// (Jarvelin and Kekalainen 2002, with the relevance itself as gain). 0 where nothing is relevant.
[[nodiscard]] inline double ndcg(std::span<double const> relevance, std::span<double const> scores, std::size_t k,
                                 tie_rule ties = tie_rule::average) {
  detail::require_list(relevance, scores, k, "ndcg");
  double const best = detail::discounted_gain(relevance, relevance, k, tie_rule::stable);
  return best > 0 ? detail::discounted_gain(relevance, scores, k, ties) / best : 0;
}

/// The share of the relevant items that are among the first k; 0 where nothing is relevant. Ties: first in, first
/// ranked.
[[nodiscard]] inline double recall_at(std::span<double const> relevance, std::span<double const> scores,
                                      std::size_t k) {
  detail::require_list(relevance, scores, k, "recall_at");
  auto const order = detail::descending_order(scores);
  std::size_t found = 0, all = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    bool const relevant = relevance[order[rank]] >= 1;
    all += relevant;
    found += relevant && rank < k;
  }
  return all > 0 ? static_cast<double>(found) / static_cast<double>(all) : 0;
}

/// Whether a relevant item is among the first k.
[[nodiscard]] inline bool hit_at(std::span<double const> relevance, std::span<double const> scores, std::size_t k) {
  detail::require_list(relevance, scores, k, "hit_at");
  return detail::first_relevant(relevance, scores) < std::min(k, relevance.size());
}

/// 1 / rank of the first relevant item, 0 if there is none. Its mean over queries is MRR.
[[nodiscard]] inline double reciprocal_rank(std::span<double const> relevance, std::span<double const> scores) {
  detail::require_list(relevance, scores, 1, "reciprocal_rank");
  std::size_t const rank = detail::first_relevant(relevance, scores);
  return rank < relevance.size() ? 1 / static_cast<double>(rank + 1) : 0;
}

}  // namespace sidera::inline SIDERA_ABI
