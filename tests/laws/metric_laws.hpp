// SPDX-License-Identifier: MIT
#pragma once
/// \file  What every metric promises: the semantic half of the concepts in metrics/concepts.hpp.
#include <doctest/doctest.h>

#include <sidera/codebooks/word_search.hpp>

namespace laws {

/// m(a, a) <= m(a, b) for all b.
template <sidera::Divergence M>
void self_is_nearest(M const& metric, sidera::matrix<float> const& rows) {
  for (sidera::index_t i = 0; i < rows.rows(); ++i)
    for (sidera::index_t j = 0; j < rows.rows(); ++j) {
      auto const a = sidera::row_span(rows, i), b = sidera::row_span(rows, j);
      double const self = sidera::exact_distance(metric, a, a), other = sidera::exact_distance(metric, a, b);
      REQUIRE(self <= other + 1e-12);
    }
}

/// The call agrees with `exact`, and `exact` is the same for floats and for the doubles that they are.
template <sidera::Metric M>
void call_and_exact_agree(M const& metric, sidera::matrix<float> const& rows, double tolerance) {
  sidera::matrix<double> const wide = rows.cast<double>();
  for (sidera::index_t i = 0; i < rows.rows(); ++i)
    for (sidera::index_t j = 0; j < rows.rows(); ++j) {
      auto const a = sidera::row_span(rows, i), b = sidera::row_span(rows, j);
      auto const c = sidera::row_span(wide, i), d = sidera::row_span(wide, j);
      double const exact = sidera::exact_distance(metric, a, b);
      REQUIRE(std::fabs(static_cast<double>(metric(a, b)) - exact) <= tolerance * (1 + std::fabs(exact)));
      REQUIRE(std::fabs(metric(c, d) - exact) <= 1e-12 * (1 + std::fabs(exact)));
      if constexpr (requires { metric.exact(a, b); }) REQUIRE(metric.exact(c, d) == exact);
    }
}

/// The score of `linear_form` falls as the distance rises, wherever two scores differ by more than the resolution.
template <sidera::LinearMetric M>
void scores_order_like_distances(M const& metric, sidera::matrix<double> const& x,
                                 sidera::matrix<double> const& words) {
  auto const dim = static_cast<std::size_t>(words.cols());
  double word_length = 0, direction_length = 0;
  std::vector<std::vector<double>> directions;
  std::vector<double> biases;
  for (sidera::index_t j = 0; j < words.rows(); ++j) {
    directions.emplace_back(dim);
    biases.push_back(metric.linear_form(std::span<double const>(sidera::row_span(words, j)), directions.back()));
    word_length = std::max(word_length, words.row(j).norm() * (1 + 1e-9));
    double square = 0;
    for (double const v : directions.back()) square += v * v;
    direction_length = std::max(direction_length, std::sqrt(square) * (1 + 1e-9));
  }
  sidera::score_resolution const r = sidera::resolution_of(metric, word_length, direction_length, dim);
  for (sidera::index_t i = 0; i < x.rows(); ++i) {
    double const length = x.row(i).norm(), sum = length + word_length;
    double const clear = r.absolute + r.per_length * length + (r.per_difference + r.per_sum) * sum * sum;
    std::vector<long double> scores;
    for (std::size_t j = 0; j < biases.size(); ++j) {
      auto score = static_cast<long double>(biases[j]);
      for (std::size_t d = 0; d < dim; ++d)
        score += static_cast<long double>(x(i, static_cast<sidera::index_t>(d))) *
                 static_cast<long double>(directions[j][d]);
      scores.push_back(score);
    }
    for (sidera::index_t j = 0; j < words.rows(); ++j)
      for (sidera::index_t k = 0; k < words.rows(); ++k) {
        auto const row = sidera::row_span(x, i);
        auto const margin =
            static_cast<double>(scores[static_cast<std::size_t>(j)] - scores[static_cast<std::size_t>(k)]);
        // The bias is rounded too, which the resolution does not cover.
        if (margin <= clear + 1e-14 * word_length * word_length * static_cast<double>(dim)) continue;
        REQUIRE(metric.exact(row, sidera::row_span(words, j)) < metric.exact(row, sidera::row_span(words, k)));
      }
  }
}

/// The search of many rows finds what comparing one row with one word finds; ties go to the lower index.
template <class T, sidera::Metric M>
void search_is_brute_force(M const& metric, sidera::matrix<T> const& x, sidera::matrix<T> const& words) {
  sidera::word_search<T, M> const search(words, metric);
  std::vector<sidera::code_t> codes(static_cast<std::size_t>(x.rows()));
  std::vector<double> distances(codes.size());
  search.nearest(x, codes, distances);
  for (sidera::index_t i = 0; i < x.rows(); ++i) {
    sidera::code_t best = 0;
    double nearest = std::numeric_limits<double>::infinity();
    for (sidera::code_t j = 0; j < words.rows(); ++j) {
      double const distance = sidera::exact_distance(metric, std::span<T const>(sidera::row_span(x, i)),
                                                     std::span<T const>(sidera::row_span(words, j)));
      if (distance < nearest) nearest = distance, best = j;
    }
    CAPTURE(i);
    REQUIRE(codes[static_cast<std::size_t>(i)] == best);
    REQUIRE(distances[static_cast<std::size_t>(i)] == nearest);
  }
}

/// All laws of a metric on one set of rows.
template <sidera::Metric M>
void check_metric(M const& metric, sidera::matrix<float> const& rows, double tolerance) {
  if constexpr (sidera::Divergence<M>) self_is_nearest(metric, rows);
  call_and_exact_agree(metric, rows, tolerance);
  if constexpr (sidera::LinearMetric<M>)
    scores_order_like_distances<M>(metric, rows.cast<double>(), rows.bottomRows(rows.rows() / 2).cast<double>());
  search_is_brute_force<float>(metric, rows, rows.bottomRows(rows.rows() / 2));
  search_is_brute_force<double>(metric, rows.cast<double>(), rows.bottomRows(rows.rows() / 2).cast<double>());
}

}  // namespace laws
