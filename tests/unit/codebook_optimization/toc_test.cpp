// SPDX-License-Identifier: MIT
/// \file  Channel criteria, selection and application: agreement with the released code and exact invariants.
#include <laws/sample_data.hpp>
#include <laws/stored_arrays.hpp>
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

using namespace sidera;

namespace {

matrix<double> stored_words(stored::reference const& expected) {
  matrix<double> words(400, 256);
  words << expected.matrix("E_0"), expected.matrix("E_1"), expected.matrix("E_2");
  return words;
}

/// max |found - expected| / max |expected|
double error(std::vector<double> const& found, std::vector<double> const& expected) {
  REQUIRE(found.size() == expected.size());
  double difference = 0, scale = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    difference = std::max(difference, std::abs(found[k] - expected[k]));
    scale = std::max(scale, std::abs(expected[k]));
  }
  return difference / scale;
}

std::vector<code_t> as_codes(channel_list const& channels) {
  return {channels.begin(), channels.end()};
}

/// The definition of the criterion as it is written: a double loop over words.
std::vector<double> toc_by_definition(matrix<double> const& e, double lambda) {
  std::vector<double> scores;
  auto const n = static_cast<double>(e.rows());
  for (index_t k = 0; k < e.cols(); ++k) {
    double similar = 0, variance = 0, mean = 0;
    for (index_t i = 0; i < e.rows(); ++i) mean += e(i, k) / n;
    for (index_t i = 0; i < e.rows(); ++i) {
      variance += (e(i, k) - mean) * (e(i, k) - mean) / (n - 1);
      for (index_t j = 0; j < e.rows(); ++j)
        if (i != j) similar += e(i, k) * e(j, k);
    }
    scores.push_back(-lambda * similar / (n * (n - 1)) + (1 - lambda) * variance);
  }
  return scores;
}

channel_list order_of(std::vector<double> const& scores) {
  return select_channels(scores, scores.size());
}

}  // namespace

TEST_CASE("Channel scores are those of the released function in double precision") {
  stored::reference const expected{"toc/cb0"};
  matrix<double> const words = stored_words(expected);
  auto const moments = channel_moments::of(matrix_cref<double>(words));
  CHECK(error(moments.mean, expected.vector("mean")) < 1e-12);
  CHECK(error(moments.variance, expected.vector("V_f64")) < 1e-12);
  CHECK(error(moments.similarity, expected.vector("S_f64")) < 1e-12);
  CHECK(error(channel_scores(toc_criterion{}, words), expected.vector("J_f64")) < 1e-12);
  for (double const lambda : {0.0, 0.25, 0.5, 1.0})
    CHECK(error(channel_scores(toc_criterion{.lambda = lambda}, words),
                expected.vector("J_lambda" + to_text(lambda) + "_f64")) < 1e-12);
  CHECK(as_codes(order_of(channel_scores(similarity_criterion{}, words))) == expected.codes("order_Sonly_f64"));
}

TEST_CASE("Selected channels are those of the released function, in its order") {
  stored::reference const expected{"toc/cb0"};
  auto const scores = channel_scores(toc_criterion{}, stored_words(expected));
  for (std::size_t const count : {64u, 128u, 196u, 256u})
    for (channel_shares const shares : {channel_shares{1, 0}, {0, 1}, {1, 1}, {3, 1}}) {
      std::string const name = "idx_K" + to_text(count) + "_p" + to_text(shares.top) + "q" + to_text(shares.bottom);
      CAPTURE(name);
      CHECK(as_codes(select_channels(scores, count, shares)) == expected.codes(name + "_f64"));
    }
}

TEST_CASE("Requantised codes are those of the released function") {
  stored::reference const expected{"toc/cb0"};
  matrix<double> const words = stored_words(expected), rows = [&] {
    auto const z = read_array<double>(expected.path("Z"));
    return matrix<double>(Eigen::Map<matrix<double> const>(z.values.data(), 16, 256));
  }();
  auto const scores = channel_scores(toc_criterion{}, words);
  CHECK(requantise(rows, words, select_channels(scores, 256)) == expected.codes("Z_idx_full"));
  CHECK(requantise(rows, words, select_channels(scores, 64)) == expected.codes("Z_idx_requantised_K64"));
  CHECK(requantise(rows, words, select_channels(scores, 128)) == expected.codes("Z_idx_requantised_K128"));
}

TEST_CASE("The closed form is the double loop, for signed and non-negative words with zeros") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    matrix<double> words = laws::gaussian<double>(37, 11, seed);
    words.rowwise() += laws::gaussian<double>(1, 11, seed + 10).row(0);
    if (seed == 3) words = words.cwiseMax(0.0).eval();
    for (double const lambda : {0.0, 0.3, 0.7, 1.0})
      CHECK(error(channel_scores(toc_criterion{.lambda = lambda}, words), toc_by_definition(words, lambda)) < 1e-12);
  }
}

TEST_CASE("Scores do not depend on the order of words or on the sign of a channel, and grow with its square") {
  matrix<double> const words = laws::gaussian<double>(40, 9, 4);
  auto const scores = channel_scores(toc_criterion{}, words);
  matrix<double> const reversed = words.colwise().reverse();
  CHECK(error(channel_scores(toc_criterion{}, reversed), scores) < 1e-13);
  matrix<double> turned = words;
  turned.col(3) *= -1;
  CHECK(channel_scores(toc_criterion{}, turned) == scores);
  turned.col(5) *= 8;
  auto expected = scores;
  expected[5] *= 64;
  CHECK(error(channel_scores(toc_criterion{}, turned), expected) < 1e-14);
}

TEST_CASE("On centred words the order is that of the variance; the limits of lambda are the single criteria") {
  matrix<double> words = laws::gaussian<double>(40, 9, 5);
  CHECK(channel_scores(toc_criterion{.lambda = 0}, words) == channel_scores(variance_criterion{}, words));
  CHECK(channel_scores(toc_criterion{.lambda = 1}, words) == channel_scores(similarity_criterion{}, words));
  words.rowwise() -= words.colwise().mean().eval();
  CHECK(order_of(channel_scores(toc_criterion{}, words)) == order_of(channel_scores(variance_criterion{}, words)));
}

TEST_CASE("usage_weighted_criterion: equal counts are the plain criterion, unused words have no say") {
  matrix<double> const words = laws::gaussian<double>(12, 7, 6);
  CHECK(error(channel_scores(usage_weighted_criterion{.counts = std::vector<std::int64_t>(12, 5)}, words),
              channel_scores(toc_criterion{}, words)) < 1e-12);
  matrix<double> thrown(14, 7);
  thrown << words, matrix<double>::Constant(2, 7, 75);  // two words that nobody uses, far away
  std::vector<std::int64_t> counts(14, 3);
  counts[12] = counts[13] = 0;
  CHECK(error(channel_scores(usage_weighted_criterion{.counts = counts}, thrown),
              channel_scores(toc_criterion{}, words)) < 1e-12);
  // A word that is used twice as often counts like two copies of itself, but for the pairs of a word with itself.
  auto const moments =
      channel_moments::of(matrix_cref<double>(words), std::vector<std::int64_t>{2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  double mean = 2 * words(0, 0);
  for (index_t i = 1; i < 12; ++i) mean += words(i, 0);
  CHECK(moments.mean[0] == doctest::Approx(mean / 13));
}

TEST_CASE("usage_weighted_criterion: of two words, the one with nearly all the use does not cancel the other") {
  matrix<double> words(2, 2);
  words << 3, -1, 5, 2;
  for (auto const& counts : {std::vector<std::int64_t>{1'000'000'000'000'000'000, 1}, {1, 1'000'000'000'000'000'000}}) {
    auto const moments = channel_moments::of(matrix_cref<double>(words), counts);
    CHECK(moments.similarity[0] == doctest::Approx(15));  // the mean product of two different words
    CHECK(moments.similarity[1] == doctest::Approx(-2));
    CHECK(moments.variance[0] == doctest::Approx(2));  // half the squared difference
    CHECK(moments.variance[1] == doctest::Approx(4.5));
  }
}

TEST_CASE("paired_criterion: covariance of the pair less a quarter of the squared gap") {
  matrix<double> a(4, 2), b(4, 2);
  a << 1, 0, 2, 0, 3, 0, 4, 1;
  b << 3, 9, 5, 9, 7, 9, 9, 8;  // column 0: b = 2 a + 1; column 1: opposite and far away
  auto const scores = channel_scores(paired_criterion{.modalities = {a, b}}, matrix<double>(a));
  CHECK(scores[0] == doctest::Approx(2 * 1.25 - (6 - 2.5) * (6 - 2.5) / 4));
  CHECK(scores[1] == doctest::Approx(-0.1875 - (8.75 - 0.25) * (8.75 - 0.25) / 4));
  auto const swapped = channel_scores(paired_criterion{.modalities = {b, a}}, matrix<double>(a));
  CHECK(error(swapped, scores) < 1e-15);
  auto const three = channel_scores(paired_criterion{.modalities = {a, a, a}, .gap_weight = 9}, matrix<double>(a));
  CHECK(three[0] == doctest::Approx(1.25));  // no gap, covariance with itself
  CHECK_THROWS_AS((void)channel_scores(paired_criterion{.modalities = {a}}, matrix<double>(a)), shape_error);
  CHECK_THROWS_AS((void)channel_scores(paired_criterion{.modalities = {a, b.topRows(3)}}, matrix<double>(a)),
                  shape_error);
}

TEST_CASE("select_channels: ties go to the lowest channel, none is taken twice") {
  std::vector<double> const equal(6, 1.0);
  CHECK(select_channels(equal, 4) == channel_list{0, 1, 2, 3});
  CHECK(select_channels(equal, 4, {1, 1}) == channel_list{0, 1, 2, 3});
  std::vector<double> const scores{3, 1, 3, 2, 0, 1};
  CHECK(select_channels(scores, 6, {1, 1}) == channel_list{0, 2, 3, 4, 1, 5});
  CHECK(select_channels(scores, 5, {1, 1}) == channel_list{0, 2, 4, 1});  // floor(5 / 2) of each
}

TEST_CASE("select_channels refuses what cannot be selected") {
  std::vector<double> scores{3, 1, 2};
  CHECK_THROWS_AS((void)select_channels(scores, 0), value_error);
  CHECK_THROWS_AS((void)select_channels(scores, 4), value_error);
  CHECK_THROWS_AS((void)select_channels(scores, 3, {0, 0}), value_error);
  CHECK_THROWS_AS((void)select_channels(scores, 3, {3, 1}), value_error);
  scores[1] = std::nan("");
  CHECK_THROWS_WITH_AS((void)select_channels(scores, 2), "select_channels: the score of channel 1 is a NaN",
                       value_error);
}

TEST_CASE("Slicing keeps codes and reorders columns; all channels requantise to the plain codes, in every metric") {
  auto const words = laws::gaussian<float>(20, 9, 7), x = laws::gaussian<float>(50, 9, 8);
  channel_list const order{4, 0, 8, 2, 1, 3, 7, 6, 5};
  matrix<float> const sliced = slice_words(words, order);
  for (index_t k = 0; k < 9; ++k) CHECK(sliced.col(k) == words.col(order[static_cast<std::size_t>(k)]));
  auto const same = [&](auto const& metric) {
    std::vector<code_t> plain(50);
    word_search<float, std::decay_t<decltype(metric)>>(words, metric).nearest(x, plain);
    CHECK(requantise(x, words, order, metric) == plain);
  };
  same(squared_euclidean{});
  same(cosine{});
  same(inner_product{});
  same(manhattan{});
  same(weighted_squared_euclidean{{1, 2, 3, 4, 5, 6, 7, 8, 9}});
}

TEST_CASE("Requantised codes are the nearest words in the kept channels") {
  auto const words = laws::gaussian<float>(20, 9, 9), x = laws::gaussian<float>(50, 9, 10);
  channel_list const kept{7, 2, 5};
  weighted_squared_euclidean const metric{{9, 9, 1, 9, 9, 4, 9, 0.5, 9}};
  auto const codes = requantise(x, words, kept, metric);
  for (index_t i = 0; i < 50; ++i) {
    index_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (index_t j = 0; j < 20; ++j) {
      double distance = 0;
      for (index_t const k : kept) {
        double const d = static_cast<double>(x(i, k)) - static_cast<double>(words(j, k));
        distance += metric.weights[static_cast<std::size_t>(k)] * d * d;
      }
      if (distance < least) least = distance, best = j;
    }
    CHECK(codes[static_cast<std::size_t>(i)] == best);
  }
}

TEST_CASE("Wrong channels, shapes and values are named") {
  auto const words = laws::gaussian<float>(5, 3, 11);
  matrix<float> x = laws::gaussian<float>(4, 3, 12);
  CHECK_THROWS_WITH_AS((void)requantise(x, words, {0, 3}), "slice_words: channel 3 is kept, there are 3", value_error);
  CHECK_THROWS_AS((void)requantise(x, words, {}), value_error);
  CHECK_THROWS_AS((void)requantise(matrix<float>(x.leftCols(2)), words, {0}), shape_error);
  CHECK_THROWS_AS((void)channel_scores(toc_criterion{}, matrix<float>(words.topRows(1))), shape_error);
  CHECK_THROWS_AS((void)channel_scores(usage_weighted_criterion{.counts = {1, 0, 0, 0, 0}}, words), value_error);
  CHECK_THROWS_AS((void)channel_scores(usage_weighted_criterion{.counts = {1, 1}}, words), shape_error);
  x(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS((void)requantise(x, words, {0}), value_error);
  CHECK_THROWS_AS((void)channel_scores(toc_criterion{}, x), value_error);
}

TEST_CASE("The one-standard-error rule takes the first candidate that is as good as the best") {
  std::vector<estimate> const seen{{0.2, 0.1}, {0.75, 0.1}, {0.8, 0.06}, {0.5, 0.1}};
  CHECK(first_within_one_standard_error(seen) == 1);
  std::vector<estimate> const sure{{0.2, 0}, {0.75, 0}, {0.8, 0}, {0.5, 0}};
  CHECK(first_within_one_standard_error(sure) == 2);
  CHECK_THROWS_AS((void)first_within_one_standard_error({}), value_error);
}

TEST_CASE("mean_estimate: the mean, and an error that no dependence can exceed") {
  auto const mean = mean_estimate(std::vector<estimate>{{0.5, 0.1}, {0.25, 0.3}});
  CHECK(mean.value == 0.375);
  CHECK(mean.error == doctest::Approx(0.2));
  CHECK_THROWS_AS((void)mean_estimate({}), value_error);
}

TEST_CASE("Split-half reliability: 1 where both halves tell the same, about 0 for noise, 0 for one word") {
  matrix<float> words(4, 2), x(40, 2);
  for (index_t j = 0; j < 4; ++j) words.row(j).setConstant(static_cast<float>(j));
  for (index_t i = 0; i < 40; ++i) x.row(i).setConstant(static_cast<float>(i % 4));
  auto const perfect = split_half_reliability(x, words, {0, 1});
  CHECK(perfect.value == 1);
  CHECK(perfect.error == 0);
  matrix<float> const noise = 4 * laws::gaussian<float>(2000, 2, 13);
  auto const none = split_half_reliability(noise, words, {0, 1});
  CHECK(std::abs(none.value) < 4 * none.error);
  CHECK(split_half_reliability(x, matrix<float>(words.topRows(1)), {0, 1}).value == 0);
  CHECK_THROWS_AS((void)split_half_reliability(x, words, {0}), value_error);
}

TEST_CASE("first_within_one_standard_error: a candidate that is no number is refused with its number") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  using sidera::estimate;
  for (estimate const odd : {estimate{nan, 0}, estimate{infinity, 0}, estimate{1, nan}, estimate{1, -1}})
    for (std::size_t at = 0; at < 3; ++at) {
      std::vector<estimate> all{{1, 0.1}, {2, 0.1}, {3, 0.1}};
      all[at] = odd;
      try {
        (void)sidera::first_within_one_standard_error(all);
        FAIL("not refused");
      } catch (sidera::value_error const& problem) {
        CHECK(problem.row() == at);
      }
    }
}

TEST_CASE("channel_search: words that are not finite are refused with their row") {
  sidera::matrix<float> words = sidera::matrix<float>::Ones(4, 3);
  words(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS((sidera::channel_search<float>(words, {0, 1})), doctest::Contains("row 2"), sidera::value_error);
}
