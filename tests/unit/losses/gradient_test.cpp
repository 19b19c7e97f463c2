// SPDX-License-Identifier: MIT
/// \file  The gradient of every loss, in double against difference quotients and in float against double.
#include <laws/gradient_laws.hpp>
#include <sidera/autodiff/ops/gradient_reversal.hpp>
#include <sidera/losses/bce_with_logits.hpp>
#include <sidera/losses/club.hpp>
#include <sidera/losses/code_matching.hpp>
#include <sidera/losses/commitment.hpp>
#include <sidera/losses/cross_cpc.hpp>
#include <sidera/losses/cross_entropy.hpp>
#include <sidera/losses/hsic.hpp>
#include <sidera/losses/info_nce.hpp>
#include <sidera/losses/mmd.hpp>
#include <sidera/losses/orthogonality.hpp>
#include <sidera/losses/stein_alignment.hpp>
#include <sidera/losses/triplet.hpp>
#include <sidera/losses/vicreg.hpp>

using namespace sidera;
using laws::gradient_law;

namespace {

/// Sizes that the loss accepts, with a smaller case for the threads.
laws::gradient_options sizes_of(std::vector<std::array<std::size_t, 3>> sizes) {
  laws::gradient_options o;
  o.sizes = std::move(sizes);
  o.large = {60, 33, 17};
  return o;
}

std::vector<std::size_t> rotated(std::size_t n) {
  std::vector<std::size_t> partners(n);
  for (std::size_t i = 0; i < n; ++i) partners[i] = (i + 1) % n;
  return partners;
}

template <class V>
gaussian_prediction<typename V::scalar_type> prediction(V mean, V s) {
  return {mean, s};
}

auto const plain = sizes_of({{1, 1, 1}, {5, 4, 1}, {3, 9, 2}, {7, 13, 17}});
auto const rows2 = sizes_of({{2, 1, 3}, {5, 4, 1}, {3, 9, 2}, {7, 13, 17}});

}  // namespace

TEST_CASE("losses of pairs") {
  gradient_law(
      "mse", {"m x n", "m x n"}, [](auto in) { return mse(in[0], in[1]); }, plain);
  gradient_law(
      "commitment", {"m x n"},
      [](auto in) {
        return commitment(
            in[0], in[0].owner().constant(typename decltype(in)::value_type::map_type::PlainObject(in[0].value() * 0)));
      },
      plain);
  gradient_law(
      "info_nce", {"m x n", "m x n"}, [](auto in) { return info_nce(in[0], in[1], {.temperature = 0.5}); }, plain);
  gradient_law(
      "info_nce, both sides", {"m x n", "m x n"},
      [](auto in) { return info_nce(in[0], in[1], {.temperature = 0.5, .both_sides = true}); }, plain);
  gradient_law(
      "info_nce, negatives", {"m x n", "m x n", "k x n"},
      [](auto in) { return info_nce(in[0], in[1], in[2], false, 0.5); }, plain);
  gradient_law(
      "info_nce, paired negatives", {"m x n", "m x n", "2m x n"},
      [](auto in) { return info_nce(in[0], in[1], in[2], true, 0.5); }, plain);
  gradient_law(
      "cross_cpc", {"m x n", "m x n", "m x n", "m x n"},
      [](auto in) { return cross_cpc(std::span(std::as_const(in)).first(2), std::span(std::as_const(in)).last(2)); },
      plain);
  gradient_law(
      "bce_with_logits", {"m x n", "m x n"}, [](auto in) { return bce_with_logits(in[0], in[1]); }, plain);
  gradient_law(
      "cross_entropy", {"m x n"},
      [](auto in) {
        std::vector<code_t> labels(in[0].rows());
        for (std::size_t i = 0; i < labels.size(); ++i)
          labels[i] = static_cast<code_t>(i % std::max<std::size_t>(in[0].cols(), 1));
        return cross_entropy(in[0], std::span<code_t const>(labels), 0.1);
      },
      plain);
  gradient_law(
      "triplet", {"m x n", "m x n", "m x n"}, [](auto in) { return triplet(in[0], in[1], in[2], 3); }, plain);
}

TEST_CASE("CLUB") {
  gradient_law(
      "club_fit", {"m x n", "m x n", "m x n"}, [](auto in) { return club_fit(prediction(in[0], in[1]), in[2]); },
      plain);
  for (bool const log_mean : {false, true})
    gradient_law(
        "club_sampled", {"2m x n", "2m x n", "2m x n"},
        [=](auto in) {
          sequence_shape const shape{in[0].rows() / 2, 2};
          auto const partners = rotated(shape.batch);
          return club_sampled(prediction(in[0], in[1]), in[2], std::span<std::size_t const>(partners), shape,
                              {.time_mean_of_log_variance = log_mean});
        },
        plain);
  for (bool const log_mean : {false, true})
    gradient_law(
        "club", {"2m x n", "2m x n", "2m x n"},
        [=](auto in) {
          return club(prediction(in[0], in[1]), in[2], {in[0].rows() / 2, 2}, {.time_mean_of_log_variance = log_mean});
        },
        plain);
  gradient_law(
      "club, flat axes", {"m x n", "m x n", "m x n"},
      [](auto in) {
        return club(prediction(in[0], in[1]), in[2], {in[0].rows(), 1}, {.flat_axes = true});
      },
      plain);
}

TEST_CASE("code matching") {
  auto o = plain;
  o.tolerance = 2e-8;
  gradient_law(
      "code_matching", {"2m x n", "2m x n", "k x n"},
      [](auto in) {
        sequence_shape const shape{in[0].rows() / 2, 2};
        return code_matching(code_distribution(in[0], in[2], shape), code_distribution(in[1], in[2], shape));
      },
      o);
}

TEST_CASE("losses of distributions") {
  gradient_law(
      "variance_hinge", {"m x n"}, [](auto in) { return variance_hinge(in[0], 3); }, rows2);
  gradient_law(
      "covariance_penalty", {"m x n"}, [](auto in) { return covariance_penalty(in[0]); }, rows2);
  gradient_law(
      "vicreg", {"m x n", "m x n"},
      [](auto in) { return vicreg(in[0], in[1], {.invariance = 1, .variance = 1, .covariance = 1}); }, rows2);
  gradient_law(
      "mmd", {"m x n", "k x n"},
      [](auto in) {
        double const bandwidths[] = {1, 2};
        return mmd(in[0], in[1], bandwidths);
      },
      plain);
  gradient_law(
      "stein_alignment", {"m x n", "m x n", "k x n", "k x n"},
      [](auto in) { return stein_alignment(in[0], in[1], in[2], in[3], 2); }, plain);
  gradient_law(
      "gaussian_hsic", {"m x n", "m x k"}, [](auto in) { return gaussian_hsic(in[0], in[1], 2, 2); }, plain);
  gradient_law(
      "row_orthogonality", {"m x n", "m x n"}, [](auto in) { return row_orthogonality(in[0], in[1]); }, plain);
  auto correlations = sizes_of({{5, 4, 1}, {4, 9, 2}, {7, 13, 17}});
  gradient_law(
      "column_orthogonality", {"m x n", "m x k"}, [](auto in) { return column_orthogonality(in[0], in[1]); },
      correlations);
  gradient_law(
      "barlow_twins", {"m x n", "m x n"}, [](auto in) { return barlow_twins(in[0], in[1], 0.05); }, correlations);
}

TEST_CASE("shapes that do not fit are named") {
  tape<double> t;
  auto const a = t.input(matrix<double>::Ones(3, 2)), b = t.input(matrix<double>::Ones(4, 2));
  CHECK_THROWS_WITH_AS((void)mse(a, b), "mse: shapes 3 x 2 and 4 x 2, expected equal shapes", shape_error);
  CHECK_THROWS_AS((void)info_nce(a, b), shape_error);
  CHECK_THROWS_AS((void)info_nce(a, a, {.temperature = 0}), value_error);
  CHECK_THROWS_AS((void)club_fit(prediction(a, a), b), shape_error);
  CHECK_THROWS_AS((void)club(prediction(a, a), a, {2, 2}), shape_error);
  CHECK_THROWS_AS((void)hsic(a, a), shape_error);
  CHECK_THROWS_AS((void)cross_entropy(a, std::span<code_t const>{}), shape_error);
  std::vector<code_t> const labels{0, 2, 1};
  CHECK_THROWS_AS((void)cross_entropy(a, std::span<code_t const>(labels)), value_error);
}
