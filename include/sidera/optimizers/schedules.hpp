// SPDX-License-Identifier: MIT
#pragma once
/// \file  Factors of the learning rate as functions of the step (or epoch), which counts from 0.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <sidera/optimizers/concepts.hpp>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Always 1.
struct constant_rate {
  [[nodiscard]] double operator()(std::size_t) const noexcept { return 1; }
};
static_assert(Schedule<constant_rate>);

/// factor^(number of complete periods).
struct step_decay {
  std::size_t period = 1;
  double factor = 0.1;

  [[nodiscard]] double operator()(std::size_t step) const {
    return std::pow(factor, static_cast<double>(step / std::max<std::size_t>(period, 1)));
  }
};
static_assert(Schedule<step_decay>);

/// factor^(number of milestones <= step).
struct milestones {
  std::vector<std::size_t> at;
  double factor = 0.1;

  [[nodiscard]] double operator()(std::size_t step) const {
    auto const passed = std::count_if(at.begin(), at.end(), [step](std::size_t m) { return m <= step; });
    return std::pow(factor, static_cast<double>(passed));
  }
};
static_assert(Schedule<milestones>);

/// Half a cosine from 1 to `floor` in `steps` steps, `floor` from then on; Loshchilov and Hutter, "SGDR" (ICLR 2017),
/// eq. 5.
struct cosine_decay {
  std::size_t steps = 1;
  double floor = 0;

  [[nodiscard]] double operator()(std::size_t step) const {
    if (step >= steps) return floor;
    double const done = static_cast<double>(step) / static_cast<double>(steps);
    return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
};
static_assert(Schedule<cosine_decay>);

/// A line from 1 / steps up to 1 in the first `steps` steps, then the schedule `after`, which starts at its step 0.
template <Schedule After = constant_rate>
struct warm_up {
  std::size_t steps = 1;
  After after = {};

  [[nodiscard]] double operator()(std::size_t step) const {
    if (step < steps) return static_cast<double>(step + 1) / static_cast<double>(steps);
    return after(step - steps);
  }
};
static_assert(Schedule<warm_up<cosine_decay>>);

}  // namespace sidera::inline SIDERA_ABI
