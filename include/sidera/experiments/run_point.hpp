// SPDX-License-Identifier: MIT
#pragma once
/// \file  What an experiment is given beside its types and data, and what it gives back.
#include <cstdint>
#include <sidera/core/error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Named numbers in a fixed order.
using named_numbers = std::vector<std::pair<std::string, double>>;

/// One value of each run-time axis, and the seed.
struct run_point {
  named_numbers numbers;
  std::uint64_t seed = 1;

  /// The number called `name`. Throws value_error where there is none.
  [[nodiscard]] double number(std::string_view name) const {
    for (auto const& [key, value] : numbers)
      if (key == name) return value;
    throw value_error("run_point::number", "there is no number \"" + std::string(name) + "\"");
  }
  [[nodiscard]] std::size_t count(std::string_view name) const {
    double const value = number(name);
    if (!(value >= 0 && value <= 1e15) || value != static_cast<double>(static_cast<std::uint64_t>(value)))
      throw value_error("run_point::count", "\"" + std::string(name) + "\" is no whole number");
    return static_cast<std::size_t>(value);
  }
};

}  // namespace sidera::inline SIDERA_ABI
