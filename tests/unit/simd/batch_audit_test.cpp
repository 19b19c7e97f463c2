// SPDX-License-Identifier: MIT
// Every operation that simd/ takes from a register, against scalar code, with special values in every lane. An
// operation that is not audited here must not be used there: older releases of xsimd have wrong ones.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <sidera/core/random.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/lane_mask.hpp>
#include <vector>

namespace {

using namespace sidera;

template <Scalar T>
using limits = std::numeric_limits<T>;

template <Scalar T>
std::vector<T> special_values() {
  return {T(0),
          -T(0),
          T(1),
          -T(1),
          T(0.5),
          T(1.5),
          limits<T>::max(),
          limits<T>::lowest(),
          limits<T>::min(),
          -limits<T>::min(),
          limits<T>::denorm_min(),
          -limits<T>::denorm_min(),
          limits<T>::infinity(),
          -limits<T>::infinity(),
          limits<T>::epsilon(),
          T(1e30)};
}

/// Registers full of special and of random values; with NaN where `nan` is set.
template <Scalar T>
class lanes_source {
 public:
  explicit lanes_source(std::uint64_t seed, bool nan) : random_(seed), special_(special_values<T>()) {
    if (nan) special_.push_back(limits<T>::quiet_NaN());
  }
  std::vector<T> next() {
    std::vector<T> lanes(simd::width<T>);
    for (T& v : lanes) {
      auto const i = count_++;
      v = random_.below(3 * i, 3) == 0
              ? special_[random_.below(3 * i + 1, special_.size())]
              : static_cast<T>(std::ldexp(random_.normal(i), static_cast<int>(random_.below(3 * i + 2, 60)) - 30));
    }
    return lanes;
  }

 private:
  random_stream random_;
  std::vector<T> special_;
  std::uint64_t count_ = 0;
};

/// Equal bit for bit, all NaN being one.
template <Scalar T>
bool same(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

template <Scalar T>
simd::batch<T> of(std::vector<T> const& lanes) {
  return simd::load<T>(lanes.data());
}

template <Scalar T, class Expected>
void check_lanes(simd::batch<T> got, Expected expected, char const* what) {
  std::vector<T> lanes(simd::width<T>);
  simd::store<T>(lanes.data(), got);
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    CAPTURE(what);
    CAPTURE(l);
    CAPTURE(lanes[l]);
    CAPTURE(expected(l));
    REQUIRE(same(lanes[l], expected(l)));
  }
}

/// What a multiply-add must be: rounded once where the instruction set can.
template <Scalar T>
T expected_multiply_add(T a, T b, T c) {
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
  return std::fma(a, b, c);
#else
  T volatile product = a * b;  // no contraction
  return product + c;
#endif
}

}  // namespace

TEST_CASE_TEMPLATE("arithmetic of every lane, NaN and infinities included", T, float, double) {
  lanes_source<T> source(1, true);
  for (int round = 0; round < 3000; ++round) {
    auto const a = source.next(), b = source.next(), c = source.next();
    check_lanes<T>(
        of(a) + of(b), [&](std::size_t l) { return a[l] + b[l]; }, "+");
    check_lanes<T>(
        of(a) - of(b), [&](std::size_t l) { return a[l] - b[l]; }, "-");
    check_lanes<T>(
        of(a) * of(b), [&](std::size_t l) { return a[l] * b[l]; }, "*");
    check_lanes<T>(
        simd::batch<T>(a[0]), [&](std::size_t) { return a[0]; }, "broadcast");
    check_lanes<T>(
        simd::absolute(of(a)), [&](std::size_t l) { return std::fabs(a[l]); }, "absolute");
    check_lanes<T>(
        xsimd::sqrt(of(a)), [&](std::size_t l) { return std::sqrt(a[l]); }, "sqrt");
    check_lanes<T>(
        simd::detail::fused_multiply_add<T>(of(a), of(b), of(c)),
        [&](std::size_t l) { return expected_multiply_add(a[l], b[l], c[l]); }, "fused_multiply_add");
  }
}

TEST_CASE_TEMPLATE("loads and stores, aligned and not, write their lanes and nothing else", T, float, double) {
  constexpr std::size_t w = simd::width<T>;
  alignas(64) T from[3 * w], to[3 * w];
  for (std::size_t i = 0; i < 3 * w; ++i) from[i] = static_cast<T>(i);
  for (std::size_t offset = 0; offset <= 2 * w; ++offset) {
    std::fill(to, to + 3 * w, T(-1));
    simd::store<T>(to + offset, simd::load<T>(from + offset));
    for (std::size_t i = 0; i < 3 * w; ++i) CHECK(to[i] == (i >= offset && i < offset + w ? from[i] : T(-1)));
  }
  std::fill(to, to + 3 * w, T(-1));
  simd::batch<T>::load_aligned(from + w).store_aligned(to + w);
  for (std::size_t i = 0; i < 3 * w; ++i) CHECK(to[i] == (i >= w && i < 2 * w ? from[i] : T(-1)));
}

TEST_CASE_TEMPLATE("minimum, maximum and the largest lane of numbers", T, float, double) {
  lanes_source<T> source(2, false);
  for (int round = 0; round < 3000; ++round) {
    auto a = source.next(), b = source.next();
    for (auto* v : {&a, &b})
      for (T& x : *v) x += T(0);  // which of two zeros is the larger one is left open
    check_lanes<T>(
        xsimd::min(of(a), of(b)), [&](std::size_t l) { return std::min(a[l], b[l]); }, "min");
    check_lanes<T>(
        xsimd::max(of(a), of(b)), [&](std::size_t l) { return std::max(a[l], b[l]); }, "max");
    CHECK(simd::largest_lane<T>(of(a)) == *std::max_element(a.begin(), a.end()));
  }
}

TEST_CASE_TEMPLATE("comparisons: false for a NaN in any lane of either side", T, float, double) {
  lanes_source<T> source(3, true);
  for (int round = 0; round < 3000; ++round) {
    auto const a = source.next(), b = source.next(), c = source.next(), d = source.next();
    check_lanes<T>(
        xsimd::select(of(a) > of(b), of(c), of(d)), [&](std::size_t l) { return a[l] > b[l] ? c[l] : d[l]; },
        "select by >");
    std::uint32_t bits = 0;
    for (std::size_t l = 0; l < simd::width<T>; ++l) bits |= static_cast<std::uint32_t>(a[l] >= b[l]) << l;
    CHECK(simd::lanes_at_least<T>(of(a), of(b)) == bits);
    CHECK(simd::lanes_at_least<T>(of(a), of(a)) == [&] {
      std::uint32_t numbers = 0;
      for (std::size_t l = 0; l < simd::width<T>; ++l) numbers |= static_cast<std::uint32_t>(!std::isnan(a[l])) << l;
      return numbers;
    }());
  }
  for (std::size_t nan = 0; nan < simd::width<T>; ++nan) {
    std::vector<T> const ones(simd::width<T>, T(1)), zeros(simd::width<T>, T(0));
    auto left = ones, right = zeros;
    left[nan] = limits<T>::quiet_NaN();
    check_lanes<T>(
        xsimd::select(of(left) > of(zeros), of(ones), of(zeros)), [&](std::size_t l) { return T(l == nan ? 0 : 1); },
        "NaN > 0");
    right[nan] = limits<T>::quiet_NaN();
    check_lanes<T>(
        xsimd::select(of(ones) > of(right), of(ones), of(zeros)), [&](std::size_t l) { return T(l == nan ? 0 : 1); },
        "1 > NaN");
  }
}

TEST_CASE_TEMPLATE("sum_lanes adds from the first lane to the last", T, float, double) {
  lanes_source<T> source(4, true);
  for (int round = 0; round < 1000; ++round) {
    auto const a = source.next();
    T sum = a[0];
    for (std::size_t l = 1; l < a.size(); ++l) sum += a[l];
    CHECK(same(simd::sum_lanes<T>(of(a)), sum));
  }
}
