// SPDX-License-Identifier: MIT
#pragma once
/// \file  The semantic halves of the concepts Metric and Divergence. A new metric is one call of `metric_laws` or
/// `divergence_laws`.
#include <doctest/doctest.h>

#include <cmath>
#include <laws/sample_data.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/metrics/concepts.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>

namespace laws {

template <class T>
using row = std::span<T const>;

/// Equal arguments, equal values: nothing but the two rows counts, not where they are in memory either.
template <class T, class M>
void law_metric_is_a_function(M const& metric) {
  for (std::size_t dim = 1; dim <= 40; ++dim) {
    auto const x = gaussian<T>(2, dim, dim);
    auto const a = sidera::row_span(x, 0), b = sidera::row_span(x, 1);
    std::vector<T> shifted(2 * dim + 8);
    T const once = metric(row<T>(a), row<T>(b));
    for (std::size_t offset = 0; offset < 8; ++offset) {
      std::copy(a.begin(), a.end(), shifted.begin() + static_cast<std::ptrdiff_t>(offset));
      CHECK(metric(row<T>(shifted.data() + offset, dim), row<T>(b)) == once);
    }
  }
}

/// A row has no nearer row than itself: m(a, a) <= m(a, b).
template <class T, class M>
void law_self_is_nearest(M const& metric) {
  for (std::size_t const dim : {1u, 2u, 7u, 16u, 33u, 128u})
    for (double const scale : {1e-6, 1.0, 1e6}) {
      sidera::matrix<T> const x = static_cast<T>(scale) * gaussian<T>(12, dim, dim);
      for (sidera::index_t i = 0; i < x.rows(); ++i)
        for (sidera::index_t j = 0; j < x.rows(); ++j) {
          row<T> const a = sidera::row_span(x, i), b = sidera::row_span(x, j);
          // a cosine of parallel rows is 1 to within its roundings
          double const rounding = 4 * static_cast<double>(dim) * 0x1p-53;
          CHECK(sidera::exact_distance(metric, a, a) <= sidera::exact_distance(metric, a, b) + rounding);
        }
    }
}

/// The fast value is the value in double to within the roundings of T; the terms of the sum are of the size `size`.
template <class T, class M>
void law_fast_value_is_the_exact_one(M const& metric) {
  for (std::size_t dim = 1; dim <= 70; ++dim) {
    auto const x = gaussian<T>(2, dim, dim + 100);
    row<T> const a = sidera::row_span(x, 0), b = sidera::row_span(x, 1);
    double size = 2;
    for (std::size_t d = 0; d < dim; ++d) {
      auto const whole = static_cast<double>(std::abs(a[d]) + std::abs(b[d]));
      size += whole + whole * whole;
    }
    double const rounding = static_cast<double>(dim + 4) * static_cast<double>(std::numeric_limits<T>::epsilon());
    CHECK(std::abs(static_cast<double>(metric(a, b)) - sidera::exact_distance(metric, a, b)) <= rounding * size);
  }
}

/// float rows and the same rows as double have the same value in double, bit for bit.
template <class M>
void law_float_and_double_agree(M const& metric) {
  for (std::size_t dim = 1; dim <= 70; ++dim) {
    auto const x = gaussian<float>(2, dim, dim + 200);
    sidera::matrix<double> const wide = x.cast<double>();
    CHECK(
        sidera::exact_distance(metric, row<float>(sidera::row_span(x, 0)), row<float>(sidera::row_span(x, 1))) ==
        sidera::exact_distance(metric, row<double>(sidera::row_span(wide, 0)), row<double>(sidera::row_span(wide, 1))));
  }
}

/// Rows of no columns, of zeros and of equal numbers have a value, and it is a number.
template <class T, class M>
void law_edge_cases_have_a_value(M const& metric) {
  std::vector<T> const zeros(19, T(0)), ones(19, T(1)), tiny(19, std::numeric_limits<T>::denorm_min());
  for (std::size_t const dim : {0u, 1u, 8u, 19u})
    for (auto const* a : {&zeros, &ones, &tiny})
      for (auto const* b : {&zeros, &ones, &tiny}) {
        CHECK(std::isfinite(metric(row<T>(a->data(), dim), row<T>(b->data(), dim))));
        CHECK(std::isfinite(sidera::exact_distance(metric, row<T>(a->data(), dim), row<T>(b->data(), dim))));
      }
}

/// A NaN in any column of either row is not hidden.
template <class T, class M>
void law_nan_is_passed_on(M const& metric) {
  for (std::size_t d = 0; d < 35; ++d) {
    std::vector<T> const ones(35, T(1));
    std::vector<T> bad = ones;
    bad[d] = std::numeric_limits<T>::quiet_NaN();
    CHECK(std::isnan(metric(row<T>(bad), row<T>(ones))));
    CHECK(std::isnan(metric(row<T>(ones), row<T>(bad))));
    CHECK(std::isnan(sidera::exact_distance(metric, row<T>(bad), row<T>(ones))));
  }
}

/// The search over a codebook finds the word that comparing one by one finds; ties go to the lowest index.
template <class T, class M>
void law_search_is_one_by_one(M const& metric) {
  for (std::size_t const dim : {1u, 3u, 8u, 21u}) {
    auto const x = clustered<T>(90, dim, 5, dim);
    auto words = gaussian<T>(37, dim, dim + 1);
    words.bottomRows(7) = words.topRows(7).eval();
    std::vector<sidera::code_t> codes(90);
    std::vector<double> distances(90);
    sidera::word_search<T, M>(words, metric).nearest(x, codes, distances);
    for (sidera::index_t i = 0; i < 90; ++i) {
      sidera::code_t best = 0;
      for (sidera::code_t j = 1; j < 37; ++j)
        if (sidera::exact_distance(metric, row<T>(sidera::row_span(x, i)), row<T>(sidera::row_span(words, j))) <
            sidera::exact_distance(metric, row<T>(sidera::row_span(x, i)), row<T>(sidera::row_span(words, best))))
          best = j;
      auto const k = static_cast<std::size_t>(i);
      REQUIRE(codes[k] == best);
      REQUIRE(distances[k] ==
              sidera::exact_distance(metric, row<T>(sidera::row_span(x, i)), row<T>(sidera::row_span(words, best))));
    }
  }
}

/// The word with the smallest m(x, word) has the largest <x, direction> + bias; checked where the two best words are
/// well apart.
template <class T, sidera::LinearMetric M>
void law_linear_form_orders_as_the_metric(M const& metric) {
  auto const x = gaussian<T>(60, 9, 1), words = gaussian<T>(20, 9, 2);
  std::size_t checked = 0;
  for (sidera::index_t i = 0; i < x.rows(); ++i) {
    std::vector<std::pair<double, sidera::code_t>> distances, scores;
    for (sidera::code_t j = 0; j < 20; ++j) {
      std::vector<double> direction(9);
      double score = metric.linear_form(row<T>(sidera::row_span(words, j)), std::span<double>(direction));
      for (std::size_t d = 0; d < 9; ++d)
        score += direction[d] * static_cast<double>(x(i, static_cast<sidera::index_t>(d)));
      scores.emplace_back(-score, j);
      distances.emplace_back(
          sidera::exact_distance(metric, row<T>(sidera::row_span(x, i)), row<T>(sidera::row_span(words, j))), j);
    }
    std::sort(distances.begin(), distances.end());
    std::sort(scores.begin(), scores.end());
    if (distances[1].first - distances[0].first < 1e-9) continue;
    ++checked;
    CHECK(scores[0].second == distances[0].second);
  }
  CHECK(checked > 50);
}

/// What a metric saves makes a default one give the same values, bit for bit.
template <class M>
void law_parameters_survive_a_file(M const& metric) {
  sidera::field_set fields;
  sidera::save_parameters(metric, fields);
  M loaded{};
  sidera::load_parameters(loaded, fields);
  for (std::size_t const dim : {4u, 17u, 40u}) {
    auto const x = gaussian<float>(6, dim, dim + 300);
    for (sidera::index_t i = 0; i < x.rows(); ++i)
      for (sidera::index_t j = 0; j < x.rows(); ++j) {
        row<float> const a = sidera::row_span(x, i), b = sidera::row_span(x, j);
        CHECK(sidera::exact_distance(loaded, a, b) == sidera::exact_distance(metric, a, b));
      }
  }
}

/// What every metric must keep.
template <class M>
void metric_laws(M const& metric) {
  law_parameters_survive_a_file(metric);
  law_metric_is_a_function<float>(metric);
  law_metric_is_a_function<double>(metric);
  law_fast_value_is_the_exact_one<float>(metric);
  law_fast_value_is_the_exact_one<double>(metric);
  law_edge_cases_have_a_value<float>(metric);
  law_edge_cases_have_a_value<double>(metric);
  law_search_is_one_by_one<float>(metric);
  law_search_is_one_by_one<double>(metric);
  if constexpr (sidera::LinearMetric<M>) {
    law_linear_form_orders_as_the_metric<float>(metric);
    law_linear_form_orders_as_the_metric<double>(metric);
  }
}

/// What metrics that codebooks can be trained with must keep besides.
template <sidera::Divergence M>
void divergence_laws(M const& metric) {
  metric_laws(metric);
  law_self_is_nearest<float>(metric);
  law_self_is_nearest<double>(metric);
}

}  // namespace laws
