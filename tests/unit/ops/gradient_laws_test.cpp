// SPDX-License-Identifier: MIT
/// The suite itself: each kind of wrong gradient must be caught.
#include <laws/gradient_laws.hpp>

namespace {

enum class fault { none, factor, one_entry, assigns_always, float_only };

/// y = x^2 with a planted fault.
template <class T>
sidera::variable<T> faulty_square(sidera::variable<T> x, fault f) {
  auto& t = x.owner();
  auto const y = t.result(x.rows(), x.cols(), x);
  y.value() = x.value().cwiseAbs2();
  t.on_backward(
      [=] {
        T const factor = f == fault::factor || (f == fault::float_only && sizeof(T) == 4) ? T(2.001) : T(2);
        auto const to = x.target();
        for (std::size_t i = 0; i < x.size(); ++i) {
          T const g = factor * x.data()[i] * y.gradient_data()[i] * (f == fault::one_entry && i == 5 ? T(-1) : T(1));
          to.data[i] = to.add && f != fault::assigns_always ? to.data[i] + g : g;
        }
      },
      y);
  return y;
}

laws::gradient_report report_of(fault f) {
  auto const op = [f](auto in) { return faulty_square(in[0], f); };
  return laws::measure_gradient({"m x n"}, op, op);
}

}  // namespace

TEST_CASE("the gradient law accepts a right gradient") {
  auto const r = report_of(fault::none);
  CHECK(r.gradient_error < 1e-8);
  CHECK(r.accumulation_error < 1e-12);
  CHECK(r.float_gradient_error < 1e-5);
}

TEST_CASE("the gradient law catches a wrong factor") {
  CHECK(report_of(fault::factor).gradient_error > 1e-4);
}

TEST_CASE("the gradient law catches one wrong entry") {
  CHECK(report_of(fault::one_entry).gradient_error > 1e-2);
}

TEST_CASE("the gradient law catches an op that overwrites") {
  CHECK(report_of(fault::assigns_always).accumulation_error > 1e-2);
}

TEST_CASE("the gradient law catches a fault of the float path alone") {
  auto const r = report_of(fault::float_only);
  CHECK(r.gradient_error < 1e-8);
  CHECK(r.float_gradient_error > 1e-4);
}
