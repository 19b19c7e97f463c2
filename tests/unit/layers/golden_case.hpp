// SPDX-License-Identifier: MIT
#pragma once
/// \file  A layer against the values and gradients of an independent implementation whose weights are outputs x inputs.
#include <laws/golden.hpp>
#include <sidera/layers/multi_head_attention.hpp>

/// One folder of tests/golden/encoders: a store whose parameters are read from it, and checks against it.
class golden_case {
 public:
  explicit golden_case(std::string const& name) : folder_(laws::golden_folder("encoders") + name + "/") {}

  sidera::parameters<double> store;

  [[nodiscard]] sidera::matrix<double> read(std::string const& name) const {
    return laws::golden_matrix(folder_ + name);
  }
  /// 1 = padded in the file, 1 = valid here.
  [[nodiscard]] std::vector<std::uint8_t> valid() const {
    sidera::matrix<double> const padded = read("key_padding_mask");
    std::vector<std::uint8_t> flags;
    for (sidera::index_t i = 0; i < padded.size(); ++i) flags.push_back(padded.data()[i] == 0 ? 1 : 0);
    return flags;
  }

  /// `p` is part `part` of `parts` of the first axis of `name`, transposed; further names are added to it.
  void link(sidera::parameter p, std::vector<std::string> const& names, sidera::index_t part = 0,
            sidera::index_t parts = 1) {
    auto value = store.value(p);
    value.setZero();
    for (auto const& name : names) {
      value += turned(p, slice(read(name), part, parts));
      links_.push_back({p, name, part, parts});
    }
  }
  template <class F>
  void link(sidera::linear<F> const& l, std::string const& weight, std::string const& bias, sidera::index_t part = 0,
            sidera::index_t parts = 1) {
    link(l.weight, {weight}, part, parts);
    link(l.bias, {bias}, part, parts);
  }
  void link(sidera::multi_head_attention const& a, std::string const& prefix) {
    sidera::index_t part = 0;
    for (auto const* l : {&a.query, &a.key, &a.value})
      link(*l, prefix + "in_proj_weight", prefix + "in_proj_bias", part++, 3);
    link(a.out, prefix + "out_proj_weight", prefix + "out_proj_bias");
  }

  void check(std::string const& name, sidera::matrix<double> const& m) const {
    CAPTURE(folder_ + name);
    CHECK(laws::golden_error(m, read(name)) < 1e-10);
  }
  /// sum over y <up, y>, from which the gradients of the folder start.
  [[nodiscard]] sidera::variable<double> loss(sidera::variable<double> y, std::string const& up) const {
    sidera::matrix<double> const w = read(up);
    REQUIRE(static_cast<std::size_t>(w.size()) == y.size());
    return sum(
        y * y.owner().constant(Eigen::Map<sidera::matrix<double> const>(w.data(), y.value().rows(), y.value().cols())));
  }
  /// The gradients of all parameters that were linked; `prefix` is that of their files.
  void check_gradients(std::string const& prefix = "grad_") const {
    for (auto const& l : links_) {
      CAPTURE(folder_ + prefix + l.name);
      sidera::matrix<double> const whole = read(prefix + l.name), expected = slice(whole, l.part, l.parts);
      double const scale = whole.cwiseAbs().maxCoeff(),
                   error = (turned(l.p, expected) - store.gradient(l.p)).cwiseAbs().maxCoeff();
      CHECK(error <= 1e-10 * (scale > 0 ? scale : 1));
    }
  }

 private:
  struct linked {
    sidera::parameter p;
    std::string name;
    sidera::index_t part, parts;
  };
  /// Arrays of rank 1 arrive as one row.
  [[nodiscard]] static sidera::matrix<double> slice(sidera::matrix<double> const& m, sidera::index_t part,
                                                    sidera::index_t parts) {
    if (m.rows() == 1) return m.middleCols(part * m.cols() / parts, m.cols() / parts);
    return m.middleRows(part * m.rows() / parts, m.rows() / parts);
  }
  /// In the orientation of the parameter: vectors stay rows, weights are transposed.
  [[nodiscard]] sidera::matrix<double> turned(sidera::parameter p, sidera::matrix<double> const& m) const {
    bool const vector = m.rows() == 1 && store.rows(p) == 1;
    return vector ? m : sidera::matrix<double>(m.transpose());
  }

  std::string folder_;
  std::vector<linked> links_;
};
