// SPDX-License-Identifier: MIT
/// \file  Losses that look after the use of codes: the entropies of LFQ and LETTER's diversity.
#include <laws/gradient_laws.hpp>
#include <sidera/losses/lookup_free_entropy.hpp>
#include <sidera/losses/word_diversity.hpp>

using namespace sidera;
using laws::gradient_law;

namespace {

double entropy_loss(matrix<double> const& z, lookup_free_entropy_options o = {}) {
  tape<double> t;
  return lookup_free_entropy(t.constant(z), o).item();
}

/// All corners of {-1, 1}^bits.
matrix<double> corners(index_t bits) {
  matrix<double> z(index_t{1} << bits, bits);
  for (index_t j = 0; j < z.rows(); ++j)
    for (index_t b = 0; b < bits; ++b) z(j, b) = (j >> b & 1) != 0 ? 1 : -1;
  return z;
}

/// The definition, with the words one after another.
double entropy_by_hand(matrix<double> const& z, double temperature, double diversity) {
  matrix<double> const words = corners(z.cols());
  Eigen::RowVectorXd all = Eigen::RowVectorXd::Zero(words.rows());
  double each = 0;
  for (index_t i = 0; i < z.rows(); ++i) {
    Eigen::RowVectorXd p(words.rows());
    for (index_t j = 0; j < words.rows(); ++j) p(j) = std::exp(-(z.row(i) - words.row(j)).squaredNorm() / temperature);
    p /= p.sum();
    each -= (p.array() * p.array().log()).sum() / static_cast<double>(z.rows());
    all += p / static_cast<double>(z.rows());
  }
  return each + diversity * (all.array() * all.array().log()).sum();
}

double diversity_loss(matrix<double> const& words, std::vector<code_t> const& codes,
                      std::vector<code_t> const& partners) {
  tape<double> t;
  return word_diversity(t.constant(words), std::span<code_t const>(codes), std::span<code_t const>(partners)).item();
}

}  // namespace

TEST_CASE("lookup_free_entropy: its gradient, in one group and in many") {
  laws::gradient_options o;
  o.sizes = {{1, 1, 1}, {5, 3, 1}, {7, 6, 1}};
  o.large = {40, 9, 1};
  for (std::size_t const bits : {1u, 4u})
    gradient_law(
        "lookup_free_entropy", {"m x n"},
        [=](auto in) { return lookup_free_entropy(in[0], {.temperature = 1.5, .diversity = 0.7, .group_bits = bits}); },
        o);
}

TEST_CASE("lookup_free_entropy: the definition, and its extremes") {
  matrix<double> z(5, 3);
  z << .3, -1, .2, 2, 1, -.1, -.7, .4, .4, 0, 0, 1, -2, -1, -.5;
  CHECK(entropy_loss(z, {.temperature = 1.3, .diversity = 0.6}) == doctest::Approx(entropy_by_hand(z, 1.3, 0.6)));
  double const bit = std::log(2.0);
  matrix<double> const sure = 50 * corners(4);
  CHECK(entropy_loss(sure) == doctest::Approx(-4 * bit));  // decided, all words alike: the least there is
  CHECK(entropy_loss(0 * sure) == doctest::Approx(0));     // undecided
  CHECK(entropy_loss(0 * sure, {.diversity = 0}) == doctest::Approx(4 * bit));
  CHECK(std::abs(entropy_loss(matrix<double>::Constant(6, 4, 50))) < 1e-9);  // decided, but all for one word
  CHECK(entropy_loss(sure, {.group_bits = 1}) == doctest::Approx(-4 * bit));
  // the entropy per row needs no joint distribution
  CHECK(entropy_loss(z, {.diversity = 0, .group_bits = 1}) == doctest::Approx(entropy_loss(z, {.diversity = 0})));
  // bits that always agree: groups of one bit take them for independent
  matrix<double> twins(2, 2);
  twins << 50, 50, -50, -50;
  CHECK(entropy_loss(twins) == doctest::Approx(-bit));
  CHECK(entropy_loss(twins, {.group_bits = 1}) == doctest::Approx(-2 * bit));
}

TEST_CASE("lookup_free_entropy: what it refuses") {
  matrix<double> const z = matrix<double>::Ones(2, 3);
  CHECK_THROWS_AS((void)entropy_loss(z.topRows(0)), shape_error);
  CHECK_THROWS_AS((void)entropy_loss(z, {.temperature = 0}), value_error);
  CHECK_THROWS_AS((void)entropy_loss(z, {.group_bits = 0}), value_error);
  CHECK_THROWS_AS((void)entropy_loss(z, {.group_bits = 17}), value_error);
}

TEST_CASE("word_diversity: its gradient") {
  laws::gradient_options o;
  o.sizes = {{2, 1, 1}, {5, 4, 1}, {9, 13, 1}};
  o.large = {60, 33, 1};
  gradient_law(
      "word_diversity", {"m x n"},
      [](auto in) {
        std::size_t const words = in[0].rows();
        std::vector<code_t> codes, partners;
        for (std::size_t j = 0; j < words; ++j) partners.push_back(static_cast<code_t>((j + 1) % words));
        for (std::size_t i = 0; i < 7; ++i) codes.push_back(words == 0 ? no_code : static_cast<code_t>(i * i % words));
        return word_diversity(in[0], std::span<code_t const>(codes), std::span<code_t const>(partners));
      },
      o);
}

TEST_CASE("word_diversity by hand") {
  matrix<double> words(3, 2);
  words << 1, 0, 2, 1, 0, 3;  // products: 01 2, 02 0, 12 3
  CHECK(diversity_loss(words, {0}, {1, 0, no_code}) == doctest::Approx(std::log(std::exp(2.) + std::exp(0.)) - 2));
  CHECK(diversity_loss(words, {1}, {1, 2, no_code}) == doctest::Approx(std::log(std::exp(2.) + std::exp(3.)) - 3));
  // a row without a code and one whose word is alone in its group are left out
  CHECK(diversity_loss(words, {0, no_code, 2}, {1, 0, no_code}) == diversity_loss(words, {0}, {1, 0, no_code}));
  CHECK(diversity_loss(words, {2}, {1, 0, no_code}) == 0);
  CHECK(diversity_loss(matrix<double>::Ones(9, 4), {3, 5}, std::vector<code_t>(9, 0)) ==
        doctest::Approx(std::log(8.0)));
  CHECK_THROWS_AS((void)diversity_loss(words, {0}, {1, 0}), shape_error);
  CHECK_THROWS_AS((void)diversity_loss(words, {3}, {1, 0, 0}), value_error);
  CHECK_THROWS_AS((void)diversity_loss(words.topRows(1), {0}, {0}), shape_error);
}

TEST_CASE("partners_in_groups: another word of the same group, each of them some time, none for the lonely") {
  std::vector<code_t> const groups{0, 1, 0, 2, 1, 0};
  std::vector<int> seen(6);
  for (std::uint64_t step = 0; step < 100; ++step) {
    auto const partners = partners_in_groups(groups, random_stream(3).fork(step));
    CHECK(partners[3] == no_code);
    for (std::size_t j = 0; j < 6; ++j) {
      if (partners[j] < 0) continue;
      CHECK(static_cast<std::size_t>(partners[j]) != j);
      CHECK(groups[static_cast<std::size_t>(partners[j])] == groups[j]);
    }
    ++seen[static_cast<std::size_t>(partners[0])];
  }
  CHECK(seen[2] > 30);
  CHECK(seen[5] > 30);
  CHECK(seen[2] + seen[5] == 100);
}
