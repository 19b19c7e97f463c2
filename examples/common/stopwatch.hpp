// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>

namespace program {

/// Seconds since the last look.
class stopwatch {
 public:
  [[nodiscard]] double lap() {
    auto const now = std::chrono::steady_clock::now();
    double const seconds = std::chrono::duration<double>(now - start_).count();
    start_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace program
