// SPDX-License-Identifier: MIT
#pragma once
/// \file  Words in an order in which neighbours are near.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <sidera/core/matrix.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Where the words order[0], order[1], ... lie along the direction in which they spread most: three steps of the power
/// method, from the word that is farthest from their mean.
[[nodiscard]] inline std::vector<double> along_main_axis(matrix<double> const& words,
                                                         std::span<std::uint32_t const> order) {
  matrix<double> some(static_cast<index_t>(order.size()), words.cols());
  for (std::size_t i = 0; i < order.size(); ++i) some.row(static_cast<index_t>(i)) = words.row(order[i]);
  some.rowwise() -= some.colwise().mean().eval();
  index_t farthest = 0;
  some.rowwise().squaredNorm().maxCoeff(&farthest);
  Eigen::VectorXd axis = some.row(farthest).transpose(), places;
  for (int step = 0; step < 3; ++step) {
    places = some * axis;
    axis.noalias() = some.transpose() * places;
    if (double const length = axis.norm(); length > 0) axis /= length;
  }
  places = some * axis;
  std::vector<double> result(order.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    double const place = places[static_cast<index_t>(i)];
    result[i] = place == place ? place : 0;  // a NaN has no order
  }
  return result;
}

inline void halve_by_nearness(matrix<double> const& words, std::size_t group, std::span<std::uint32_t> order) {
  std::size_t const groups = (order.size() + group - 1) / group, half = (groups + 1) / 2 * group;
  if (groups < 2) return;
  std::vector<double> const places = along_main_axis(words, order);
  std::vector<std::size_t> rank(order.size());
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  std::sort(rank.begin(), rank.end(),
            [&](std::size_t a, std::size_t b) { return places[a] != places[b] ? places[a] < places[b] : a < b; });
  std::vector<std::uint32_t> const before(order.begin(), order.end());
  for (std::size_t i = 0; i < rank.size(); ++i) order[i] = before[rank[i]];
  halve_by_nearness(words, group, order.first(half));
  halve_by_nearness(words, group, order.subspan(half));
}

}  // namespace detail

/// The numbers of the words in an order that, cut into pieces of `group`, has near words in one piece: halved again and
/// again across the direction of most spread.
template <Scalar T>
[[nodiscard]] std::vector<std::uint32_t> near_order(matrix<T> const& words, std::size_t group) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(words.rows()));
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  detail::halve_by_nearness(words.template cast<double>(), group, order);
  return order;
}

}  // namespace sidera::inline SIDERA_ABI
