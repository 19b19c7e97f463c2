// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reference arrays in tests/golden and the embedded data of the examples, and further real data where there
/// are.
#include <doctest/doctest.h>

#include <cstdlib>
#include <sidera/io/npy.hpp>
#include <string>

namespace stored {

/// One case of reference arrays: tests/golden/<folder>.
struct reference {
  std::string folder;

  [[nodiscard]] std::string path(std::string const& name) const {
    return std::string(SIDERA_GOLDEN_DIR) + "/" + folder + "/" + name + ".npy";
  }
  template <class T = double>
  [[nodiscard]] sidera::matrix<T> matrix(std::string const& name) const {
    return sidera::read_matrix<T>(path(name));
  }
  template <class T = double>
  [[nodiscard]] std::vector<T> vector(std::string const& name) const {
    return sidera::read_vector<T>(path(name));
  }
  [[nodiscard]] double number(std::string const& name) const { return vector<double>(name).at(0); }
  /// Codes of any rank, flattened.
  [[nodiscard]] std::vector<sidera::code_t> codes(std::string const& name) const {
    return sidera::read_array<sidera::code_t>(path(name)).values;
  }
  /// Slice i along the first axis of an array of rank >= 2; the last axis becomes the columns.
  [[nodiscard]] sidera::matrix<double> slice(std::string const& name, std::size_t i) const {
    auto const array = sidera::read_array<double>(path(name));
    std::size_t const cols = array.shape.back(), size = array.values.size() / array.shape.front();
    return Eigen::Map<sidera::matrix<double> const>(
        array.values.data() + i * size, static_cast<sidera::index_t>(size / cols), static_cast<sidera::index_t>(cols));
  }
  [[nodiscard]] std::vector<sidera::code_t> code_slice(std::string const& name, std::size_t i) const {
    auto const array = sidera::read_array<sidera::code_t>(path(name));
    auto const size = static_cast<std::ptrdiff_t>(array.values.size() / array.shape.front());
    auto const first = array.values.begin() + static_cast<std::ptrdiff_t>(i) * size;
    return {first, first + size};
  }
};

/// A view of the digits that ship with the examples.
template <class T = float>
[[nodiscard]] sidera::matrix<T> digits(std::string const& view) {
  std::string path(SIDERA_SOURCE_DIR);  // appended piece by piece: g++ 12 warns about a sum for some folders' names
  path.append("/examples/data/digits/").append(view).append(".npy");
  return sidera::read_matrix<T>(path);
}

/// The folder of further real data; empty (and said so) where there is none.
[[nodiscard]] inline std::string data_folder() {
  char const* const folder = std::getenv("SIDERA_DATA_DIR");
  if (folder != nullptr && *folder != '\0') return folder;
  MESSAGE("skipped: set SIDERA_DATA_DIR to the folder of the real data sets to run this case");
  return {};
}

/// Codes as one flat vector, to compare with reference codes.
[[nodiscard]] inline std::vector<sidera::code_t> flat(sidera::code_matrix const& codes) {
  return {codes.data(), codes.data() + codes.size()};
}

[[nodiscard]] inline std::size_t differences(std::vector<sidera::code_t> const& a,
                                             std::vector<sidera::code_t> const& b) {
  REQUIRE(a.size() == b.size());
  std::size_t n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += a[i] != b[i];
  return n;
}

}  // namespace stored
