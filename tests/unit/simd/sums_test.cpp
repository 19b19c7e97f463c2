// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/reduce.hpp>

namespace {

using namespace sidera;

auto const product = [](auto x, auto y) { return x * y; };
auto const add_product = [](auto sum, auto x, auto y) { return simd::multiply_add(x, y, sum); };

template <Scalar T>
std::size_t sizes() {
  return 6 * simd::width<T> + 2;  // three turns of two registers and one more
}

/// exact_sum by its definition: eight lanes, then ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
template <Scalar T>
double eight_lanes(T const* a, T const* b, std::size_t n) {
  double lane[8] = {};
  for (std::size_t d = 0; d < n; ++d)
    lane[d % 8] = std::fma(static_cast<double>(a[d]), static_cast<double>(b[d]), lane[d % 8]);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace

TEST_CASE_TEMPLATE("reduce equals a plain loop for all sizes around the register width", T, float, double) {
  for (std::size_t n = 0; n <= sizes<T>(); ++n) {
    std::vector<T> a(n), b(n);
    T whole = 0;
    for (std::size_t i = 0; i < n; ++i) {  // small integers: no order of additions rounds
      a[i] = static_cast<T>(i % 7) - 3;
      b[i] = static_cast<T>(i % 5) + 1;
      whole += a[i] * b[i];
    }
    CHECK(simd::reduce(a.data(), b.data(), n, product) == whole);
  }
}

TEST_CASE_TEMPLATE("reduce passes on a NaN in any place and reads nothing behind the end", T, float, double) {
  for (std::size_t n = 1; n <= sizes<T>(); ++n) {
    std::vector<T> a(n + 64, std::numeric_limits<T>::quiet_NaN()), ones(n + 64, T(1));
    std::fill_n(a.begin(), n, T(1));
    CHECK(simd::reduce(a.data(), ones.data(), n, product) == static_cast<T>(n));
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = std::numeric_limits<T>::quiet_NaN();
      REQUIRE(std::isnan(simd::reduce(a.data(), ones.data(), n, product)));
      REQUIRE(std::isnan(simd::exact_sum(n, add_product, a.data(), ones.data())));
      a[i] = T(1);
    }
  }
}

TEST_CASE_TEMPLATE("exact_sum is its eight-lane definition, bit for bit", T, float, double) {
  for (std::size_t n = 0; n <= 70; ++n) {
    auto const rows = laws::gaussian<T>(2, n, n);
    CHECK(simd::exact_sum(n, add_product, rows.data(), rows.data() + n) ==
          eight_lanes(rows.data(), rows.data() + n, n));
  }
}

TEST_CASE_TEMPLATE("centre_row: the difference, and a tight upper bound of its length", T, float, double) {
  std::vector<std::size_t> lengths{63, 64, 65, 100, 768, 3000};
  for (std::size_t n = 0; n <= sizes<T>(); ++n) lengths.push_back(n);
  for (std::size_t const n : lengths)
    for (double const scale : {1e-44, 1e-38, 1e-30, 1e-23, 1e-19, 1e-3, 1.0, 1e10, 1e15, 1e18}) {
      CAPTURE(n);
      CAPTURE(scale);
      sidera::matrix<T> const rows = static_cast<T>(scale) * laws::gaussian<T>(2, n, n + 1);
      std::vector<T> out(n);
      double const length = simd::centre_row(rows.data(), rows.data() + n, n, out.data());
      long double square = 0;
      for (std::size_t d = 0; d < n; ++d) {
        REQUIRE(out[d] == rows.data()[d] - rows.data()[n + d]);
        square += static_cast<long double>(out[d]) * static_cast<long double>(out[d]);
      }
      auto const exact = static_cast<double>(std::sqrt(square));
      double const underflow =
          std::sqrt(static_cast<double>(n) * static_cast<double>(std::numeric_limits<T>::denorm_min()));
      CHECK(length >= exact);
      // Sums of squares in T may overflow: then no length is promised, and none that is finite and wrong.
      bool const in_range = square < static_cast<long double>(std::numeric_limits<T>::max());
      if (in_range || std::isfinite(length)) {
        CHECK(length <= exact * (1 + 1e-3) + 2 * underflow);
        if (scale >= 1e-19 && n <= 100) CHECK(length <= exact * (1 + 1e-4));
      }
    }
}

TEST_CASE_TEMPLATE("rounding_factor is a tight bound of 1 / (1 - a), and infinite where it would not be", T, float,
                   double) {
  for (double const a : {1e-15, 1e-6, 0.01, 0.1, 0.3, 0.4999}) {
    auto const k = static_cast<std::size_t>(2 * a / static_cast<double>(std::numeric_limits<T>::epsilon()));
    double const share = static_cast<double>(k) * static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    double const found = sidera::simd::rounding_factor<T>(k);
    CHECK(found * (1 - share) >= 1 - 1e-15);
    CHECK(found * (1 - share) <= 1 + 2 * share * share);
  }
  CHECK(std::isinf(sidera::simd::rounding_factor<T>(static_cast<std::size_t>(2 / std::numeric_limits<T>::epsilon()))));
}

TEST_CASE_TEMPLATE("centre_row: no finite length for squares that overflow, infinities and NaN", T, float, double) {
  std::vector<T> const origin(40, T(0));
  for (T const bad :
       {std::numeric_limits<T>::max(), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()})
    for (std::size_t d = 0; d < 40; ++d) {
      std::vector<T> row(40, T(1)), out(40);
      row[d] = bad;
      CHECK(!std::isfinite(simd::centre_row(row.data(), origin.data(), 40, out.data())));
    }
}
