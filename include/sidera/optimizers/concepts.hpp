// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <concepts>
#include <sidera/core/scalar.hpp>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// How one number moves along its gradient.
///
/// Syntax:    `rule.learning_rate`          a double
///            `Rule::moments`               how many numbers are remembered per parameter
///            `rule.template at<T>(n, lr)`  the update of the n-th step (from 1) with learning rate lr: a callable
///                                          (T* values, T const* gradients, std::array<T*, moments>, count)
///            `Rule::name`                  what a checkpoint calls it
/// Options:   `rule.require_options()`      throws value_error for numbers that make no such rule
/// Semantics: every number is updated by itself and in the same way wherever the range is cut; moments start at 0. On
///            row-sparse tables only touched rows are passed, so a rule is lazy there.
/// Models:    \ref sgd, \ref adam, \ref adamw.
template <class R>
concept UpdateStep = std::copyable<R> &&
    requires(R const r, double* p, double const* g, std::array<double*, R::moments> m) {
  { r.learning_rate } -> std::convertible_to<double>;
  { R::name } -> std::convertible_to<std::string_view>;
  r.template at<double>(std::size_t{1}, 0.1)(p, g, m, std::size_t{1});
};

/// What the learning rate is multiplied by.
///
/// Syntax:    `s(step)` for step = 0, 1, ... gives a factor
/// Models:    \ref constant_rate, \ref step_decay, \ref milestones, \ref cosine_decay, \ref warm_up.
template <class S>
concept Schedule = requires(S const s, std::size_t step) {
  { s(step) } -> std::convertible_to<double>;
};

}  // namespace sidera::inline SIDERA_ABI
