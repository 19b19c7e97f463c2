// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <sidera/core/observer.hpp>

namespace program {

/// One line on stderr that is written over itself, with the time that is left. Silent when stderr is no terminal.
class progress_line {
 public:
  progress_line(bool quiet, std::size_t fits) : on_(!quiet && isatty(STDERR_FILENO) == 1), fits_(fits) {}
  ~progress_line() {
    if (on_ && shown_) std::fprintf(stderr, "\r\033[K");
  }
  progress_line(progress_line const&) = delete;
  progress_line& operator=(progress_line const&) = delete;

  /// What fit calls; empty when there is nobody to look, so that fit does not measure for nothing.
  [[nodiscard]] sidera::observer watch() {
    if (!on_) return {};
    return [this](sidera::iteration_report const& r) { show(r); };
  }
  void next_fit() { ++done_fits_; }

 private:
  void show(sidera::iteration_report const& r) {
    double const level =
        (static_cast<double>(r.level) + static_cast<double>(r.iteration) / static_cast<double>(r.iterations)) /
        static_cast<double>(r.levels);
    double const share = (static_cast<double>(done_fits_) + level) / static_cast<double>(fits_);
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - start_;
    double const left = share > 0 ? spent.count() * (1 - share) / share : 0;
    std::fprintf(stderr, "\r\033[K%3.0f %%  level %zu/%zu  iteration %zu/%zu  distortion %.6g  at most %.0f s left",
                 100 * share, r.level + 1, r.levels, r.iteration, r.iterations, r.objective, left);
    shown_ = true;
  }

  bool on_, shown_ = false;
  std::size_t fits_, done_fits_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace program
