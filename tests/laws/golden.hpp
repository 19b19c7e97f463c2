// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reference values in tests/golden: one folder per case, one .npy file per array.
#include <doctest/doctest.h>

#include <functional>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/io/npy.hpp>

namespace laws {

/// The folder of one subject.
inline std::string golden_folder(std::string const& subject) {
  std::string folder = SIDERA_GOLDEN_DIR "/";
  folder += subject;
  folder += '/';
  return folder;
}

/// An array of any rank as a matrix: the last axis becomes the columns; rank 1 is one row.
inline sidera::matrix<double> golden_matrix(std::string const& path) {
  auto const array = sidera::read_array<double>(path + ".npy");
  std::size_t const cols = array.shape.empty() ? 1 : array.shape.back();
  auto const rows = static_cast<sidera::index_t>(cols == 0 ? 0 : array.values.size() / cols);
  return Eigen::Map<sidera::matrix<double> const>(array.values.data(), rows, static_cast<sidera::index_t>(cols));
}

inline sidera::code_matrix golden_codes(std::string const& path) {
  return golden_matrix(path).cast<sidera::code_t>();
}

/// max |a - b| / max |b| over the entries in row-major order; infinite for different counts.
inline double golden_error(sidera::matrix<double> const& a, sidera::matrix<double> const& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  if (b.size() == 0) return 0;
  auto const flat_a = Eigen::Map<Eigen::VectorXd const>(a.data(), a.size());
  auto const flat_b = Eigen::Map<Eigen::VectorXd const>(b.data(), b.size());
  double const scale = flat_b.cwiseAbs().maxCoeff();
  return (flat_a - flat_b).cwiseAbs().maxCoeff() / (scale > 0 ? scale : 1);
}

using golden_op = std::function<sidera::variable<double>(std::vector<sidera::variable<double>> const&)>;

/// The value of `op` on the named inputs is y, and the gradients for the upstream gradient up_y are grad_<name>.
inline void golden_law(std::string const& folder, std::vector<std::string> const& inputs, golden_op const& op,
                       double tolerance = 1e-10) {
  CAPTURE(folder);
  sidera::tape<double> t;
  std::vector<sidera::variable<double>> in;
  for (auto const& name : inputs) in.push_back(t.input(golden_matrix(folder + "/" + name)));
  auto const y = op(in);
  CHECK(golden_error(y.value(), golden_matrix(folder + "/y")) < tolerance);
  sidera::matrix<double> const up = golden_matrix(folder + "/up_y");
  REQUIRE(static_cast<std::size_t>(up.size()) == y.size());
  t.backward(sum(y * t.refer(up.data(), y.rows(), y.cols())));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CAPTURE(inputs[i]);
    sidera::matrix<double> const expected = golden_matrix(folder + "/grad_" + inputs[i]);
    sidera::matrix<double> const zero = sidera::matrix<double>::Zero(in[i].value().rows(), in[i].value().cols());
    CHECK(golden_error(in[i].has_gradient() ? sidera::matrix<double>(in[i].gradient()) : zero, expected) < tolerance);
  }
}

}  // namespace laws
