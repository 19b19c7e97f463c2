// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/autodiff/ops/variance.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a network says about y given x: the normal distribution N(mean, e^log_variance), one row per row of x.
template <Scalar T>
struct gaussian_prediction {
  variable<T> mean, log_variance;  ///< N x D
};

/// How the released code differs from the paper.
struct club_options {
  bool time_mean_of_log_variance = false;  ///< squares and log-variances are averaged over time before they are divided
  bool flat_axes = false;  ///< for T = 1: features are averaged and the batch is summed, as the release does with N x D
};

namespace detail {

template <Scalar T>
void require_club(gaussian_prediction<T> const& q, variable<T> y, sequence_shape shape, std::string_view function) {
  require_shapes(q.mean.rows() == q.log_variance.rows() && q.mean.cols() == q.log_variance.cols(), function, q.mean,
                 q.log_variance, "a mean and a log-variance of one shape");
  require_shapes(q.mean.rows() == y.rows() && q.mean.cols() == y.cols(), function, q.mean, y, "equal shapes");
  require_sequence(y, shape, function);
}

/// 1/2 mean over rows of sum_d (far - near)_d e^-s_d, with the quirks of the release on request.
template <Scalar T>
[[nodiscard]] variable<T> weighted_gap(variable<T> far, variable<T> near, variable<T> s, sequence_shape shape,
                                       club_options o) {
  variable<T> gap = far - near;
  if (o.flat_axes) return scale(sum(mean_over_columns(gap) * exp(-mean_over_columns(s))), 0.5);
  if (o.time_mean_of_log_variance) gap = mean_over_time(gap, shape), s = mean_over_time(s, shape);
  return scale(sum(gap * exp(-s)), 0.5 / static_cast<double>(gap.rows()));
}

}  // namespace detail

/// The fit loss of CLUB: L = -1/2 mean over rows of sum_d [-(mean - y)^2 e^-s - s], the negative log-likelihood up to a
/// constant; Cheng et al., "CLUB: a contrastive log-ratio upper bound of mutual information" (ICML 2020), eq. 12.
///
/// With s >= -1 (a tanh at the end) it cannot fall below -D/2; there y is a constant function of x, see
/// \ref club_collapse.
template <Scalar T>
[[nodiscard]] variable<T> club_fit(gaussian_prediction<T> const& q, variable<T> y) {
  detail::require_club(q, y, {y.rows(), 1}, "club_fit");
  if (y.rows() == 0) throw shape_error("club_fit", "y is " + shape_text(y) + ", expected at least one row");
  variable<T> const s = q.log_variance;
  return scale(sum(square(q.mean - y) * exp(-s) + s), 0.5 / static_cast<double>(y.rows()));
}

/// The sampled estimate (vCLUB-S): I = 1/2 mean_(b,t) sum_d [(mean_bt - y_pi(b)t)^2 - (mean_bt - y_bt)^2] e^-s_bt, with
/// one other sample pi(b) of the batch as the negative of sample b; CLUB (ICML 2020), eq. 14. The gradient reaches x
/// (through the network) and y. `partners` holds pi, one entry per sample.
template <Scalar T>
[[nodiscard]] variable<T> club_sampled(gaussian_prediction<T> const& q, variable<T> y,
                                       std::span<std::size_t const> partners, sequence_shape shape,
                                       club_options options = {}) {
  detail::require_club(q, y, shape, "club_sampled");
  if (partners.size() != shape.batch || y.rows() == 0)
    throw shape_error("club_sampled", std::to_string(partners.size()) + " partners for " + std::to_string(shape.batch) +
                                          " samples of y, " + shape_text(y));
  std::vector<code_t> rows;
  for (std::size_t b = 0; b < shape.batch; ++b)
    for (std::size_t t = 0; t < shape.time; ++t) rows.push_back(static_cast<code_t>(shape.row(partners[b], t)));
  return detail::weighted_gap(square(q.mean - gather_rows(y, std::span<code_t const>(rows))), square(q.mean - y),
                              q.log_variance, shape, options);
}

/// The estimate over all negatives in closed form, O(N D) instead of O(N^2 D) and without sampling noise: the mean of
/// (mean_bt - y_jt)^2 over the samples j is (mean_bt - m_t)^2 + v_t with mean m_t and biased variance v_t of y at step
/// t; CLUB (ICML 2020), eq. 13.
template <Scalar T>
[[nodiscard]] variable<T> club(gaussian_prediction<T> const& q, variable<T> y, sequence_shape shape,
                               club_options options = {}) {
  detail::require_club(q, y, shape, "club");
  if (y.rows() == 0) throw shape_error("club", "y is " + shape_text(y) + ", expected at least one row");
  std::size_t const wide = shape.time * y.cols();
  variable<T> const steps = reshape(y, shape.batch, wide);  // a column per step and feature
  variable<T> const offset = square(reshape(q.mean, shape.batch, wide) - mean_over_rows(steps));
  variable<T> const far = reshape(offset + variance_over_rows(steps), y.rows(), y.cols());
  return detail::weighted_gap(far, square(q.mean - y), q.log_variance, shape, options);
}

/// Whether CLUB was satisfied by specific features that say nothing instead of by disentangling.
struct club_collapse {
  double fit_loss = 0;  ///< last value of \ref club_fit
  double floor = 0;     ///< the lowest value it can take with this range of log-variances: D min(s) / 2
  double variance = 0;  ///< of y over rows, mean over features

  /// The fit has come within `share` of its floor, or y hardly varies.
  [[nodiscard]] bool alarm(double share = 0.05, double least_variance = 1e-3) const noexcept {
    return fit_loss <= floor + share * (floor < 0 ? -floor : floor) || variance < least_variance;
  }
};

/// The figures of \ref club_collapse for one batch; `least_log_variance` is the lower end of the range of s.
template <Scalar T>
[[nodiscard]] club_collapse watch_club(T fit_loss, matrix_cref<T> const& y, double least_log_variance = -1) {
  club_collapse seen{static_cast<double>(fit_loss), 0.5 * least_log_variance * static_cast<double>(y.cols()), 0};
  if (y.size() == 0) return seen;
  matrix<double> const values = y.template cast<double>();
  row_vector<double> const mean = values.colwise().mean();
  seen.variance = (values.rowwise() - mean).squaredNorm() / static_cast<double>(values.size());
  return seen;
}

}  // namespace sidera::inline SIDERA_ABI
