// SPDX-License-Identifier: MIT
#pragma once
/// \file  The semantic half of the concept ResidualScheme. A new scheme is one call of `residual_scheme_laws`.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

namespace laws {

template <class R, class T>
using quantizer_with = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, R, sidera::kmeans_plus_plus,
                                                  sidera::relocate_far, T>;

/// `compose` fills the whole row that is searched and depends on its arguments alone.
template <class R, class T>
void law_compose_is_a_function(R const& scheme) {
  auto const rows = gaussian<T>(2, 6, 1);
  auto const residual = sidera::row_span(rows, 0), prefix = sidera::row_span(rows, 1);
  for (std::size_t level = 0; level < 3; ++level) {
    std::vector<T> first(scheme.width(6, level), std::numeric_limits<T>::quiet_NaN()), second(first.size(), T(7));
    scheme.compose(std::span<T const>(residual), std::span<T const>(prefix), level, std::span<T>(first));
    scheme.compose(std::span<T const>(residual), std::span<T const>(prefix), level, std::span<T>(second));
    CHECK(first == second);  // NaN left over would differ
    if constexpr (sidera::LinearResidualScheme<R>) {
      for (std::size_t d = 0; d < 6; ++d) CHECK(first[d] == residual[d]);
      for (std::size_t d = 6; d < first.size(); ++d)
        CHECK(first[d] == doctest::Approx(static_cast<double>(static_cast<T>(scheme.prefix_weight()) * prefix[d - 6])));
      if (first.size() == 6 && level > 0) CHECK(scheme.prefix_weight() == 0);
    }
  }
}

/// T1: prefix + residual = sample at every level, and the prefix is what decode gives, bit for bit.
template <class R, class T>
void law_prefix_and_residual_make_the_sample(R const& scheme) {
  auto const x = clustered<T>(150, 6, 10, 2, 0.5);
  quantizer_with<R, T> model({.levels = 4, .words = 7}, {}, {}, scheme);
  (void)model.fit(x);
  auto const codes = model.encode(x);
  auto const& encoder = model.encoder();
  sidera::residual_workspace<T> state;
  encoder.start(x, state);
  T const tiny = 16 * std::numeric_limits<T>::epsilon() * x.cwiseAbs().maxCoeff();
  for (std::size_t l = 0; l < 4; ++l) {
    encoder.compose(state.residual, state.prefix, l, state.query);
    std::vector<sidera::code_t> column(150);
    for (std::size_t i = 0; i < 150; ++i)
      column[i] = codes(static_cast<sidera::index_t>(i), static_cast<sidera::index_t>(l));
    encoder.advance(state.residual, state.prefix, column, l);
    CHECK((state.residual + state.prefix - x).cwiseAbs().maxCoeff() <= tiny);
    CHECK(state.prefix == model.decode(codes.leftCols(static_cast<sidera::index_t>(l + 1))));
  }
}

/// T2: the squared residual of the training rows does not rise from level to level.
template <class R, class T>
void law_training_distortion_does_not_rise(R const& scheme) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto const x = clustered<T>(200, 5, 9, seed, 0.7);
    quantizer_with<R, T> model({.levels = 5, .words = 6, .iterations = 100}, {}, {}, scheme);
    auto const report = model.fit(x);
    double before = x.template cast<double>().squaredNorm();
    for (sidera::index_t l = 1; l <= 5; ++l) {
      double const now = (x - model.decode(report.codes.leftCols(l))).template cast<double>().squaredNorm();
      CHECK(now <= before * (1 + 1e-6));
      before = now;
    }
    CHECK(report.levels[4].relative_error < 1);
  }
}

/// Rows on the lines between neighbours of `x`, as near as possible to where the plain codes change, and a little away
/// from there: nearly ties, at any level.
template <class Model, class T>
[[nodiscard]] sidera::matrix<T> rows_near_borders(Model const& model, sidera::matrix<T> const& x) {
  sidera::residual_workspace<T> w;
  sidera::index_t const pairs = std::min<sidera::index_t>(40, x.rows() - 1);
  sidera::matrix<T> const way = x.middleRows(1, pairs) - x.topRows(pairs);
  sidera::matrix<T> low = x.topRows(pairs), high = x.middleRows(1, pairs), middle;
  auto const levels = static_cast<sidera::index_t>(model.level_count());
  sidera::code_matrix of_low(pairs, levels), of_middle(pairs, levels);
  model.encoder().encode_by_levels(low, of_low, w);
  for (int step = 0; step < 30; ++step) {
    middle = low + (high - low) / 2;
    model.encoder().encode_by_levels(middle, of_middle, w);
    for (sidera::index_t i = 0; i < pairs; ++i) (of_middle.row(i) == of_low.row(i) ? low : high).row(i) = middle.row(i);
  }
  sidera::matrix<T> rows(24 * pairs, x.cols());
  for (int k = 0; k < 24; ++k)
    rows.middleRows(k * pairs, pairs) = low + way * static_cast<T>(std::ldexp(k % 2 == 0 ? 1 : -1, -5 - k));
  return rows;
}

/// T7: encoding from one product and tables gives the codes of the plain way, rows with ties, nearly ties and far from
/// the origin included.
template <class R, class T>
void law_one_product_is_level_by_level(R const& scheme) {
  auto const check = [&](sidera::matrix<T> const& x, char const* what) {
    CAPTURE(what);
    quantizer_with<R, T> model({.levels = 4, .words = 9, .iterations = 5}, {}, {}, scheme);
    (void)model.fit(x);
    sidera::residual_workspace<T> w;
    auto const equal = [&](sidera::matrix<T> const& rows) {
      for (sidera::index_t const levels : {1, 3, 4}) {
        sidera::code_matrix plain(rows.rows(), levels), fast(rows.rows(), levels);
        model.encoder().encode_by_levels(rows, plain, w);
        model.encoder().encode(rows, fast, w);
        CHECK(fast == plain);
      }
    };
    equal(x);
    equal(rows_near_borders(model, x));
  };
  // Without a first pass in integers and with one; several blocks; with what the integers leave.
  for (std::size_t const dim : {7u, 40u, 300u, 641u}) {
    auto const x = clustered<T>(dim == 40 ? 1600 : dim == 7 ? 700 : 260, dim, 12, 9, 0.5);
    check(x, "clusters");
    check((x.array() + T(1e4)).matrix(), "far from the origin");
    check(T(1e-30) * x, "tiny");
    check(T(1e25) * x, "huge");
    check((T(2) * x).array().round().matrix(), "whole numbers: many ties");
    check(x.topRows(14).replicate(50, 1), "repeated rows");
  }
}

/// What every model of ResidualScheme keeps.
template <class R>
void residual_scheme_laws(R const& scheme) {
  static_assert(sidera::ResidualScheme<R>);
  law_compose_is_a_function<R, float>(scheme);
  law_compose_is_a_function<R, double>(scheme);
  law_prefix_and_residual_make_the_sample<R, float>(scheme);
  law_training_distortion_does_not_rise<R, float>(scheme);
  law_one_product_is_level_by_level<R, float>(scheme);
}

}  // namespace laws
