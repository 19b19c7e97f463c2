// SPDX-License-Identifier: MIT
#pragma once
/// \file  What repeated runs say: means with intervals, paired differences, the bootstrap.
#include <algorithm>
#include <limits>
#include <sidera/core/random.hpp>
#include <sidera/evaluation/student.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// A mean with its confidence interval.
struct interval_estimate {
  std::size_t count = 0;
  double mean = 0;
  double sd = 0;   ///< of the sample, with n - 1; NaN for one value
  double low = 0;  ///< of the interval; infinite for one value
  double high = 0;
  double p_value = 1;  ///< two-sided, of the hypothesis that the mean is 0; NaN for one value

  [[nodiscard]] double half_width() const noexcept { return (high - low) / 2; }
};

/// Mean and t-interval: mean -+ t(level, n - 1) sd / sqrt(n). Throws value_error for no values and for one that is not
/// finite. One value has no interval: its limits are infinite.
[[nodiscard]] inline interval_estimate mean_interval(std::span<double const> values, double level = .95) {
  if (values.empty()) throw value_error("mean_interval", "there are no values");
  interval_estimate out;
  out.count = values.size();
  double const n = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw value_error("mean_interval", "value " + std::to_string(i) + " is not finite", i);
    out.mean += values[i] / n;
  }
  if (values.size() == 1) {
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    return {1, out.mean, nan, -infinity, infinity, nan};
  }
  double squares = 0;
  for (double const v : values) squares += (v - out.mean) * (v - out.mean);
  out.sd = std::sqrt(squares / (n - 1));
  double const error = out.sd / std::sqrt(n), reach = student_interval(level, n - 1) * error;
  out.low = out.mean - reach;
  out.high = out.mean + reach;
  out.p_value = error > 0 ? student_two_sided(out.mean / error, n - 1) : out.mean == 0 ? 1 : 0;
  return out;
}

/// The interval of a_i - b_i: runs that share seed and data are compared pairwise, which removes what they have in
/// common.
[[nodiscard]] inline interval_estimate paired_difference(std::span<double const> a, std::span<double const> b,
                                                         double level = .95) {
  if (a.size() != b.size())
    throw shape_error("paired_difference",
                      "a has " + std::to_string(a.size()) + " values, b has " + std::to_string(b.size()));
  std::vector<double> difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  return mean_interval(difference, level);
}

/// A percentile interval.
struct bootstrap_result {
  double low = 0, high = 0;
};

/// The interval that holds the middle `level` of a statistic over `resamples` samples drawn with replacement (Efron
/// 1979).
///
/// statistic(rows) -> double takes the row numbers of one sample. Sample b uses the stream random.fork(b), so the
/// result depends on nothing but the arguments.
template <class Statistic>
[[nodiscard]] bootstrap_result bootstrap_interval(std::size_t rows, Statistic const& statistic, random_stream random,
                                                  std::size_t resamples = 2000, double level = .95) {
  if (rows == 0 || resamples == 0) throw value_error("bootstrap_interval", "there are no rows or no resamples");
  if (!(level > 0 && level < 1)) throw value_error("bootstrap_interval", "level is outside (0, 1)");
  std::vector<double> values(resamples);
  std::vector<std::size_t> sample(rows);
  for (std::size_t b = 0; b < resamples; ++b) {
    random_stream const stream = random.fork(b);
    for (std::size_t i = 0; i < rows; ++i) sample[i] = stream.below(i, rows);
    values[b] = statistic(std::span<std::size_t const>(sample));
  }
  std::sort(values.begin(), values.end());
  auto const quantile = [&](double share) {
    double const at = share * static_cast<double>(resamples - 1);
    auto const below = static_cast<std::size_t>(at);
    std::size_t const above = std::min(below + 1, resamples - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

}  // namespace sidera::inline SIDERA_ABI
