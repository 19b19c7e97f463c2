// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <numeric>
#include <sidera/core/error.hpp>
#include <sidera/core/matrix.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The channels that are kept, in the order in which sliced words have them.
using channel_list = std::vector<index_t>;

/// How the places are divided between the best and the worst channels: p : q.
struct channel_shares {
  std::size_t top = 1;
  std::size_t bottom = 0;
};

/// The floor(K / (p + q)) * p channels of largest score in descending order, then the floor(K / (p + q)) * q channels
/// of smallest score in ascending order (the rule of the released TOC code; K = `count`). Ties go to the lowest
/// channel; no channel is taken twice.
///
/// Throws value_error when K is 0, larger than the number of channels or too small for p : q, and for a score that is
/// no number.
[[nodiscard]] inline channel_list select_channels(std::span<double const> scores, std::size_t count,
                                                  channel_shares shares = {}) {
  constexpr std::string_view where = "select_channels";
  std::size_t const parts = shares.top + shares.bottom;
  if (parts == 0) throw value_error(where, "the shares are 0 : 0");
  if (count > scores.size())
    throw value_error(where,
                      std::to_string(count) + " channels are asked for, there are " + std::to_string(scores.size()));
  if (count / parts == 0)
    throw value_error(where, std::to_string(count) + " channels cannot be divided " + std::to_string(shares.top) +
                                 " : " + std::to_string(shares.bottom));
  for (std::size_t k = 0; k < scores.size(); ++k)
    if (std::isnan(scores[k])) throw value_error(where, "the score of channel " + std::to_string(k) + " is a NaN");

  std::size_t const best = count / parts * shares.top, worst = count / parts * shares.bottom;
  channel_list order(scores.size());
  std::iota(order.begin(), order.end(), index_t{0});
  auto const score = [&](index_t k) { return scores[static_cast<std::size_t>(k)]; };
  std::sort(order.begin(), order.end(),
            [&](index_t a, index_t b) { return score(a) > score(b) || (score(a) == score(b) && a < b); });
  auto const rest = order.begin() + static_cast<std::ptrdiff_t>(best);
  std::sort(rest, order.end(),
            [&](index_t a, index_t b) { return score(a) < score(b) || (score(a) == score(b) && a < b); });
  order.resize(best + worst);
  return order;
}

}  // namespace sidera::inline SIDERA_ABI
