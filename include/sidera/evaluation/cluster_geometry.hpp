// SPDX-License-Identifier: MIT
#pragma once
/// \file  How compact and how separate clusters are, in Euclidean space. Rows with a negative cluster are left out; any
///        other row with a number that is not finite is a value_error that names it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <sidera/core/check.hpp>
#include <sidera/core/executor.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// The rows that have a cluster, with clusters renumbered 0 .. count - 1 so that none is empty.
struct clustered_rows {
  std::vector<index_t> rows;
  std::vector<std::size_t> cluster;  ///< of each of them
  std::vector<double> sizes;

  clustered_rows(std::size_t row_total, std::span<code_t const> clusters, std::string_view function) {
    if (row_total != clusters.size())
      throw shape_error(
          function, "x has " + std::to_string(row_total) + " rows, clusters has " + std::to_string(clusters.size()));
    std::vector<code_t> values(clusters.begin(), clusters.end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    values.erase(values.begin(), std::lower_bound(values.begin(), values.end(), 0));
    if (values.size() < 2) throw value_error(function, "there are fewer than two clusters");
    sizes.assign(values.size(), 0);
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      if (clusters[i] < 0) continue;
      rows.push_back(static_cast<index_t>(i));
      cluster.push_back(
          static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), clusters[i]) - values.begin()));
      ++sizes[cluster.back()];
    }
  }
};

/// The clusters of the rows of `x`. Throws value_error with the first row that has a cluster and a number that is not
/// finite: sums and the smallest distances of a NaN would be those of some of the rows, silently.
template <Scalar T>
[[nodiscard]] clustered_rows finite_clusters(matrix_cref<T> const& x, std::span<code_t const> clusters,
                                             std::string_view function) {
  clustered_rows part(row_count(x), clusters, function);
  for (index_t const i : part.rows) {
    auto const row = row_span(x, i);
    if (all_finite(std::span<T const>(row))) continue;
    std::size_t d = 0;
    while (std::isfinite(row[d])) ++d;
    throw value_error(function,
                      "x row " + std::to_string(i) + " has " + (std::isnan(row[d]) ? "a NaN" : "an infinity") +
                          " in column " + std::to_string(d),
                      static_cast<std::size_t>(i));
  }
  return part;
}

template <Scalar T>
[[nodiscard]] matrix<double> cluster_means(matrix_cref<T> const& x, clustered_rows const& part) {
  matrix<double> means = matrix<double>::Zero(static_cast<index_t>(part.sizes.size()), x.cols());
  for (std::size_t i = 0; i < part.rows.size(); ++i)
    means.row(static_cast<index_t>(part.cluster[i])) += x.row(part.rows[i]).template cast<double>();
  for (index_t j = 0; j < means.rows(); ++j) means.row(j) /= part.sizes[static_cast<std::size_t>(j)];
  return means;
}

}  // namespace detail

/// s_i = (b_i - a_i) / max(a_i, b_i): a_i the mean distance to the other rows of its cluster, b_i the smallest mean
/// distance to the rows of another one (Rousseeuw 1987). 0 for a row that is alone in its cluster; NaN for rows without
/// a cluster. Takes N^2 D time. Throws shape_error for unequal lengths, value_error for fewer than two clusters.
template <Scalar T>
[[nodiscard]] std::vector<double> silhouette_samples(matrix_cref<T> const& x, std::span<code_t const> clusters,
                                                     executor_ref executor = {}) {
  auto const part = detail::finite_clusters<T>(x, clusters, "silhouette_samples");
  std::vector<double> out(row_count(x), std::numeric_limits<double>::quiet_NaN());
  block_partition const blocks{part.rows.size(), 16};
  executor.run(blocks.count(), [&](std::size_t block, std::size_t) {
    std::vector<double> sums(part.sizes.size());
    for (std::size_t i = blocks.begin(block); i < blocks.begin(block) + blocks.length(block); ++i) {
      std::fill(sums.begin(), sums.end(), 0.0);
      auto const row = x.row(part.rows[i]).template cast<double>().eval();
      for (std::size_t j = 0; j < part.rows.size(); ++j)
        sums[part.cluster[j]] += (x.row(part.rows[j]).template cast<double>() - row).norm();
      std::size_t const own = part.cluster[i];
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t c = 0; c < sums.size(); ++c)
        if (c != own) nearest = std::min(nearest, sums[c] / part.sizes[c]);
      double const inside = part.sizes[own] > 1 ? sums[own] / (part.sizes[own] - 1) : nearest;
      double const larger = std::max(inside, nearest);
      out[static_cast<std::size_t>(part.rows[i])] = larger > 0 ? (nearest - inside) / larger : 0;
    }
  });
  return out;
}

/// The mean of \ref silhouette_samples over the rows that have a cluster, in [-1, 1]; larger is better.
template <Scalar T>
[[nodiscard]] double silhouette(matrix_cref<T> const& x, std::span<code_t const> clusters, executor_ref executor = {}) {
  double sum = 0, count = 0;
  auto const samples = silhouette_samples<T>(x, clusters, executor);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (clusters[i] < 0) continue;
    sum += samples[i];
    ++count;
  }
  return sum / count;
}

/// mean_i max_j (s_i + s_j) / d_ij: s the mean distance of a cluster's rows to their mean, d the distance of two means
/// (Davies and Bouldin 1979); smaller is better. Two clusters with one mean give infinity, unless both are points (0).
template <Scalar T>
[[nodiscard]] double davies_bouldin_index(matrix_cref<T> const& x, std::span<code_t const> clusters) {
  auto const part = detail::finite_clusters<T>(x, clusters, "davies_bouldin_index");
  matrix<double> const means = detail::cluster_means<T>(x, part);
  std::vector<double> spread(part.sizes.size(), 0);
  for (std::size_t i = 0; i < part.rows.size(); ++i)
    spread[part.cluster[i]] +=
        (x.row(part.rows[i]).template cast<double>() - means.row(static_cast<index_t>(part.cluster[i]))).norm();
  for (std::size_t c = 0; c < spread.size(); ++c) spread[c] /= part.sizes[c];
  double sum = 0;
  for (std::size_t i = 0; i < spread.size(); ++i) {
    double worst = 0;
    for (std::size_t j = 0; j < spread.size(); ++j) {
      if (i == j || spread[i] + spread[j] == 0) continue;
      worst = std::max(worst, (spread[i] + spread[j]) /
                                  (means.row(static_cast<index_t>(i)) - means.row(static_cast<index_t>(j))).norm());
    }
    sum += worst;
  }
  return sum / static_cast<double>(spread.size());
}

/// (between / (k - 1)) / (within / (n - k)), sums of squares (Calinski and Harabasz 1974); larger is better. 1 where
/// all rows equal their cluster's mean. Throws value_error where every row is a cluster of its own.
template <Scalar T>
[[nodiscard]] double calinski_harabasz_index(matrix_cref<T> const& x, std::span<code_t const> clusters) {
  auto const part = detail::finite_clusters<T>(x, clusters, "calinski_harabasz_index");
  matrix<double> const means = detail::cluster_means<T>(x, part);
  double const n = static_cast<double>(part.rows.size()), k = static_cast<double>(part.sizes.size());
  if (n == k) throw value_error("calinski_harabasz_index", "every row is a cluster of its own");
  row_vector<double> centre = row_vector<double>::Zero(x.cols());
  for (std::size_t c = 0; c < part.sizes.size(); ++c) centre += part.sizes[c] / n * means.row(static_cast<index_t>(c));
  double between = 0, within = 0;
  for (std::size_t c = 0; c < part.sizes.size(); ++c)
    between += part.sizes[c] * (means.row(static_cast<index_t>(c)) - centre).squaredNorm();
  for (std::size_t i = 0; i < part.rows.size(); ++i)
    within +=
        (x.row(part.rows[i]).template cast<double>() - means.row(static_cast<index_t>(part.cluster[i]))).squaredNorm();
  return within > 0 ? between * (n - k) / (within * (k - 1)) : 1;
}

}  // namespace sidera::inline SIDERA_ABI
