// SPDX-License-Identifier: MIT
/// \file  Joint least squares of all levels' words: the exact solution where it is known, and its laws.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/quantizers/refine_jointly.hpp>

using namespace sidera;

namespace {

double error_of(matrix<float> const& x, matrix<float> const& y) {
  return (x.cast<double>() - y.cast<double>()).squaredNorm();
}

std::vector<matrix<float>> explained(auto const& q) {
  std::vector<matrix<float>> words;
  for (std::size_t l = 0; l < q.level_count(); ++l) words.push_back(q.level(l).explained);
  return words;
}

/// Codes of three levels with 5, 4 and 3 words.
code_matrix random_codes(std::size_t rows) {
  code_matrix codes(static_cast<index_t>(rows), 3);
  random_stream const random(5);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t l = 0; l < 3; ++l)
      codes(static_cast<index_t>(i), static_cast<index_t>(l)) = static_cast<code_t>(random.below(3 * i + l, 5 - l));
  return codes;
}

}  // namespace

TEST_CASE("joint_refit: rows that are sums of words are explained entirely, from any words") {
  std::vector<matrix<double>> truth, zero;
  for (std::size_t l = 0; l < 3; ++l) {
    truth.push_back(laws::gaussian<double>(5 - l, 11, l));
    zero.push_back(truth.back() * 0);
  }
  auto const codes = random_codes(200);
  matrix<double> const x = sum_of_words(codes, truth);
  auto const found = joint_refit<double>(x, codes, zero, {.ridge = 0});
  CHECK(found.error_before == doctest::Approx(x.squaredNorm()));
  CHECK(found.error_after < 1e-18 * found.error_before);
  CHECK((sum_of_words(codes, found.words) - x).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("joint_refit: the gradient of its objective is zero") {
  auto const codes = random_codes(150);
  matrix<double> const x = laws::gaussian<double>(150, 10, 3);
  std::vector<matrix<double>> start;
  for (std::size_t l = 0; l < 3; ++l) start.push_back(laws::gaussian<double>(5 - l, 10, 7 + l));
  double const ridge = 2.5;
  auto const found = joint_refit<double>(x, codes, start, {.ridge = ridge, .tolerance = 1e-14});
  matrix<double> const left = x - sum_of_words(codes, found.words);
  CHECK(found.error_after == doctest::Approx(left.squaredNorm()).epsilon(1e-12));
  for (std::size_t l = 0; l < 3; ++l) {
    matrix<double> gradient = ridge * (found.words[l] - start[l]);
    for (index_t i = 0; i < 150; ++i) gradient.row(codes(i, static_cast<index_t>(l))) -= left.row(i);
    CHECK(gradient.cwiseAbs().maxCoeff() < 1e-10);
  }
}

TEST_CASE("joint_refit by hand: one level gives means, a ridge of n rows goes half of the way") {
  matrix<double> x(4, 1);
  x << 1, 3, 10, 100;
  code_matrix codes(4, 1);
  codes << 0, 0, 1, no_code;
  std::vector<matrix<double>> const start{matrix<double>::Zero(3, 1)};
  auto const free = joint_refit<double>(x, codes, start, {.ridge = 0});
  CHECK(free.words[0](0, 0) == doctest::Approx(2));
  CHECK(free.words[0](1, 0) == doctest::Approx(10));
  CHECK(free.words[0](2, 0) == 0);  // nobody's word stays
  CHECK(free.error_before == doctest::Approx(1 + 9 + 100 + 10000));
  CHECK(free.error_after == doctest::Approx(1 + 1 + 10000));  // a row without a code is decoded as zero
  auto const held = joint_refit<double>(x, codes, start, {.ridge = 2});
  CHECK(held.words[0](0, 0) == doctest::Approx(1));
  CHECK(held.words[0](1, 0) == doctest::Approx(10. / 3));
}

TEST_CASE("joint_refit lowers the error of a trained residual quantizer, RQ and PSRQ") {
  auto const x = laws::clustered<float>(1500, 13, 60, 1, 0.5);
  residual_quantizer rq({.levels = 4, .words = 8});
  residual_quantizer fitted({.levels = 4, .words = 8}, squared_euclidean{}, lloyd{}, prefix_residual{.weight = 1});
  (void)rq.fit(x), (void)fitted.fit(x);
  auto const gain = [&](auto const& q) {
    auto const codes = q.encode(x);
    auto const found = joint_refit<float>(x, codes, explained(q));
    CHECK(found.error_before == doctest::Approx(error_of(x, q.decode(codes))).epsilon(1e-12));
    CHECK(found.error_after == doctest::Approx(error_of(x, sum_of_words(codes, found.words))).epsilon(1e-12));
    CHECK(found.error_after < found.error_before);
    auto const again = joint_refit<float>(x, codes, found.words);  // a fixed point, up to rounding
    CHECK(again.error_after <= found.error_after);
    CHECK(again.error_after > found.error_after * (1 - 1e-5));
    return 1 - found.error_after / found.error_before;
  };
  double const of_rq = gain(rq), of_psrq = gain(fitted);
  MESSAGE("error removed: RQ " << of_rq << ", PSRQ " << of_psrq);
  CHECK(of_rq > 0.01);
  CHECK(of_psrq > 0.01);
}

TEST_CASE("joint_refit: threads change no bit, one iteration is no worse than none") {
  auto const x = laws::clustered<float>(700, 37, 30, 4, 0.5);
  residual_quantizer q({.levels = 3, .words = 16});
  auto const codes = q.fit(x).codes;
  auto const alone = joint_refit<float>(x, codes, explained(q));
  for (std::size_t const threads : {2u, 4u}) {
    thread_pool pool(threads);
    auto const other = joint_refit<float>(x, codes, explained(q), {}, pool);
    CHECK(other.words == alone.words);
    CHECK(other.error_after == alone.error_after);
  }
  double last = alone.error_before;
  for (std::size_t const iterations : {1u, 2u, 5u, 200u}) {
    double const error = joint_refit<float>(x, codes, explained(q), {.iterations = iterations}).error_after;
    CHECK(error <= last);
    last = error;
  }
}

TEST_CASE("refine_jointly: the model that is left has the lowest error of all rounds") {
  auto const x = laws::clustered<float>(1500, 13, 60, 1, 0.5);
  residual_quantizer q({.levels = 4, .words = 8, .beam = 8});
  (void)q.fit(x);
  double const before = error_of(x, q.decode(q.encode(x)));
  auto const errors = refine_jointly(q, x, 5);
  double const after = error_of(x, q.decode(q.encode(x)));
  CHECK(errors.size() == 6);
  CHECK(errors.front() == doctest::Approx(before).epsilon(1e-12));
  CHECK(after == doctest::Approx(*std::min_element(errors.begin(), errors.end())).epsilon(1e-12));
  CHECK(after < 0.99 * before);
  residual_quantizer<> empty;
  CHECK_THROWS_AS(refine_jointly(empty, x), not_fitted_error);
}

TEST_CASE("joint_refit: what it refuses, and nothing at all") {
  matrix<float> const x = laws::gaussian(4, 3, 1);
  std::vector<matrix<float>> const words{matrix<float>::Zero(2, 3)};
  CHECK_THROWS_AS((void)joint_refit<float>(x, code_matrix::Zero(4, 2), words), shape_error);
  CHECK_THROWS_AS((void)joint_refit<float>(x, code_matrix::Zero(3, 1), words), shape_error);
  CHECK_THROWS_AS((void)joint_refit<float>(x.leftCols(2), code_matrix::Zero(4, 1), words), shape_error);
  CHECK_THROWS_AS((void)joint_refit<float>(x, code_matrix::Constant(4, 1, 2), words), value_error);
  CHECK_THROWS_AS((void)joint_refit<float>(x, code_matrix::Zero(4, 1), words, {.ridge = -1}), value_error);
  CHECK(joint_refit<float>(x.topRows(0), code_matrix(0, 1), words).words == words);
}
