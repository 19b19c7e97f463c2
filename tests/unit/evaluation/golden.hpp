// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/io/load.hpp>

/// Arrays that scikit-learn, numpy or scipy computed.
struct golden_folder {
  std::string path;

  [[nodiscard]] std::vector<double> numbers(std::string const& name) const {
    return sidera::read_vector<double>(path + name + ".npy");
  }
  [[nodiscard]] double number(std::string const& name) const { return numbers(name).at(0); }
  [[nodiscard]] std::vector<sidera::code_t> integers(std::string const& name) const {
    return sidera::load_labels(path + name + ".npy");
  }
  [[nodiscard]] sidera::matrix<double> table(std::string const& name) const {
    return sidera::read_matrix<double>(path + name + ".npy");
  }
};

inline golden_folder const evaluation_golden{SIDERA_GOLDEN_DIR "/evaluation/"};
inline golden_folder const ranking_golden{SIDERA_GOLDEN_DIR "/ranking/"};

/// |a - b| <= tolerance * |b|, and equality at zero.
[[nodiscard]] inline doctest::Approx near(double value, double tolerance = 1e-12) {
  return doctest::Approx(value).epsilon(tolerance).scale(1e-290);
}
