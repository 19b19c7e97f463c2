// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the numbers of an \ref UpdateStep have to be: any other ones fill parameters with NaN, or walk uphill.
#include <cmath>
#include <sidera/core/number_text.hpp>
#include <string>
#include <string_view>

namespace sidera::inline SIDERA_ABI::detail {

/// Throws value_error unless 0 <= number < infinity.
inline void require_finite_option(double number, std::string_view name, std::string_view rule) {
  if (!(number >= 0 && std::isfinite(number)))
    throw value_error(rule, std::string(name) + " is " + to_text(number) + ", expected a finite number >= 0");
}

/// Throws value_error unless 0 <= number < 1: a share of what is remembered.
inline void require_memory_option(double number, std::string_view name, std::string_view rule) {
  if (!(number >= 0 && number < 1))
    throw value_error(rule, std::string(name) + " is " + to_text(number) + ", expected at least 0 and less than 1");
}

}  // namespace sidera::inline SIDERA_ABI::detail
