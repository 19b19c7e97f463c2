// SPDX-License-Identifier: MIT
#pragma once
/// \file  How the columns of a view are scaled before they are quantized, and before views are joined.
#include <cmath>
#include <sidera/core/check.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>

namespace sidera::inline SIDERA_ABI {

/// A fitted scaling: x -> (x - offset) * factor, then, with `unit_rows`, to unit length.
template <Scalar T>
struct view_transform {
  row_vector<T> offset, factor;  ///< 1 x D each
  bool unit_rows = false;

  [[nodiscard]] matrix<T> operator()(matrix_cref<T> const& x) const {
    require_columns(x, column_count(offset), "view_transform", "x");
    matrix<T> out = ((x.rowwise() - offset).array().rowwise() * factor.array()).matrix();
    if (unit_rows)
      for (index_t i = 0; i < out.rows(); ++i)  // a row of zeros stays zero
        if (double const length = std::sqrt(out.row(i).template cast<double>().squaredNorm()); length > 0)
          out.row(i) *= static_cast<T>(1 / length);
    return out;
  }

  /// Back to the units of the view, but for the length of the rows where `unit_rows` threw it away.
  [[nodiscard]] matrix<T> inverse(matrix_cref<T> const& x) const {
    return ((x.array().rowwise() / factor.array()).rowwise() + offset.array()).matrix();
  }

  void save(field_set& f, std::string const& name) const {
    f.put(name + ".offset", matrix<T>(offset));
    f.put(name + ".factor", matrix<T>(factor));
    f.metadata[name + ".unit_rows"] = unit_rows ? "1" : "0";
  }
  void load(field_set const& f, std::string const& name) {
    offset = row_of(f, name + ".offset");
    factor = row_of(f, name + ".factor");
    require_columns(factor, column_count(offset), "view_transform::load", name + ".factor");
    unit_rows = f.get_text(name + ".unit_rows") == "1";
  }

 private:
  [[nodiscard]] static row_vector<T> row_of(field_set const& f, std::string const& name) {
    matrix<T> const m = f.get_matrix<T>(name);
    require_rows(m, 1, "view_transform::load", name);
    return m;
  }
};

/// Fits a \ref view_transform.
///
/// Syntax: `scaling.template fit<T>(x)` -> view_transform<T>
/// Models: \ref no_scaling, \ref unit_row_scaling, \ref z_score_scaling, \ref equal_energy_scaling.
template <class S>
concept ViewScaling = std::copyable<S> && requires(S const& s, matrix_cref<float> const& x) {
  { s.template fit<float>(x) } -> std::same_as<view_transform<float>>;
};

/// The view as it is.
struct no_scaling {
  template <Scalar T>
  [[nodiscard]] view_transform<T> fit(matrix_cref<T> const& x) const {
    return {row_vector<T>::Zero(x.cols()), row_vector<T>::Ones(x.cols()), false};
  }
};

/// Every row to unit length.
struct unit_row_scaling {
  template <Scalar T>
  [[nodiscard]] view_transform<T> fit(matrix_cref<T> const& x) const {
    return {row_vector<T>::Zero(x.cols()), row_vector<T>::Ones(x.cols()), true};
  }
};

namespace detail {
template <Scalar T>
[[nodiscard]] row_vector<double> column_means(matrix_cref<T> const& x) {
  return x.template cast<double>().colwise().mean();
}
/// The rounded mean of a constant column is not quite the constant: what is left is rounding, not variance.
inline void drop_rounding(row_vector<double>& variance, row_vector<double> const& mean, std::size_t rows) {
  double const rounding = static_cast<double>(rows) * std::numeric_limits<double>::epsilon();
  for (index_t d = 0; d < variance.size(); ++d)
    if (std::sqrt(variance(d)) <= rounding * std::abs(mean(d))) variance(d) = 0;
}
template <Scalar T>
[[nodiscard]] row_vector<double> column_variances(matrix_cref<T> const& x) {
  row_vector<double> const mean = column_means<T>(x);
  row_vector<double> variance = (x.template cast<double>().rowwise() - mean).array().square().colwise().mean().matrix();
  drop_rounding(variance, mean, row_count(x));
  return variance;
}
}  // namespace detail

/// Every column to mean 0 and variance 1; constant columns become 0. A view of D columns then has energy D per row.
struct z_score_scaling {
  template <Scalar T>
  [[nodiscard]] view_transform<T> fit(matrix_cref<T> const& x) const {
    return of<T>(detail::column_means<T>(x), detail::column_variances<T>(x));
  }
  /// From statistics of the columns that were computed elsewhere.
  template <Scalar T>
  [[nodiscard]] static view_transform<T> of(row_vector<double> const& mean, row_vector<double> const& variance) {
    row_vector<T> factor(variance.size());
    for (index_t d = 0; d < variance.size(); ++d)
      factor(d) = variance(d) > 0 ? static_cast<T>(1 / std::sqrt(variance(d))) : T(1);
    return {mean.cast<T>(), factor, false};
  }
};

/// Centred, and one factor for all columns, such that the mean squared length of a row is 1: every view then has the
/// same say in a joint view, whatever its units and its number of columns.
struct equal_energy_scaling {
  template <Scalar T>
  [[nodiscard]] view_transform<T> fit(matrix_cref<T> const& x) const {
    double const energy = detail::column_variances<T>(x).sum();
    T const factor = energy > 0 ? static_cast<T>(1 / std::sqrt(energy)) : T(1);
    return {detail::column_means<T>(x).template cast<T>(), row_vector<T>::Constant(x.cols(), factor), false};
  }
};

static_assert(ViewScaling<no_scaling> && ViewScaling<unit_row_scaling> && ViewScaling<z_score_scaling> &&
              ViewScaling<equal_energy_scaling>);

}  // namespace sidera::inline SIDERA_ABI
