// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/evaluation/ranked_lists.hpp>
#include <unordered_map>

namespace sidera::inline SIDERA_ABI {

/// What is found when IDs are ranked, and items share IDs.
struct id_recall {
  double ids = 0;  ///< the share of relevant items whose ID is among the first k IDs: what an ID hit is often taken for
  double items = 0;  ///< the share that is expected among the first k items when each ID stands for all of its items
};

/// Recall@k of a model that can tell items apart by their IDs only: IDs are ranked by the best score of their items
/// (the first one of equals first), and each gives way to its items, in random order. `items` is the mean over these
/// orders: every relevant item of an ID of m items that has r <= m of the k places left counts r / m.
///
/// `id` is a number per item, equal for items with equal semantic IDs. Without collisions both figures are
/// \ref recall_at; `ids` is never smaller than `items`. 0 where nothing is relevant. Throws what recall_at throws, and
/// shape_error for another number of IDs.
[[nodiscard]] inline id_recall recall_of_ids_at(std::span<double const> relevance, std::span<double const> scores,
                                                std::span<code_t const> id, std::size_t k) {
  detail::require_list(relevance, scores, k, "recall_of_ids_at");
  if (id.size() != scores.size())
    throw shape_error("recall_of_ids_at", "there are " + std::to_string(id.size()) + " IDs and " +
                                              std::to_string(scores.size()) + " scores");
  struct bucket {
    std::size_t members = 0, relevant = 0;
  };
  std::vector<bucket> ranked;
  std::unordered_map<code_t, std::size_t> rank;
  std::size_t all = 0;
  for (std::size_t const i : detail::descending_order(scores)) {
    auto const at = rank.try_emplace(id[i], ranked.size()).first->second;
    if (at == ranked.size()) ranked.emplace_back();
    ++ranked[at].members;
    ranked[at].relevant += relevance[i] >= 1;
    all += relevance[i] >= 1;
  }
  id_recall out;
  if (all == 0) return out;
  std::size_t places = k;
  for (std::size_t r = 0; r < std::min(k, ranked.size()); ++r) {
    std::size_t const used = std::min(places, ranked[r].members);
    out.ids += static_cast<double>(ranked[r].relevant);
    out.items += static_cast<double>(ranked[r].relevant * used) / static_cast<double>(ranked[r].members);
    places -= used;
  }
  out.ids /= static_cast<double>(all);
  out.items /= static_cast<double>(all);
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
