// SPDX-License-Identifier: MIT
/// \file  Every update rule keeps the laws of its concept; so does a user's own rule and metric.
#include <laws/update_rule_laws.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/coordinate_median.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

using namespace sidera;

TEST_CASE("Laws of update rules") {
  SUBCASE("lloyd") {
    laws::update_rule_laws(lloyd{});
  }
  SUBCASE("spherical_mean") {
    laws::update_rule_laws(spherical_mean{});
  }
  SUBCASE("coordinate_median") {
    laws::update_rule_laws(coordinate_median{});
  }
  SUBCASE("mini_batch") {
    laws::update_rule_laws(mini_batch{});
  }
  SUBCASE("spherical_mini_batch") {
    laws::update_rule_laws(spherical_mini_batch{});
  }
  SUBCASE("ema") {
    laws::update_rule_laws(ema{.decay = 0.5});
  }
  SUBCASE("spherical_ema") {
    laws::update_rule_laws(spherical_ema{.decay = 0.5});
  }
  SUBCASE("cross_modal_ema") {
    laws::update_rule_laws(cross_modal_ema{.decay = 0.5, .move_unused_words = false});
  }
  SUBCASE("balanced") {
    laws::update_rule_laws(balanced{});
  }
}

TEST_CASE("Rules that jump to the representative never raise the distortion") {
  SUBCASE("lloyd") {
    laws::law_distortion_never_rises<float>(lloyd{}, squared_euclidean{});
  }
  SUBCASE("lloyd in double") {
    laws::law_distortion_never_rises<double>(lloyd{}, squared_euclidean{}, 1e-13);
  }
  SUBCASE("spherical_mean") {
    laws::law_distortion_never_rises<float>(spherical_mean{}, cosine{}, 1e-6, true);
  }
  SUBCASE("coordinate_median") {
    laws::law_distortion_never_rises<float>(coordinate_median{}, manhattan{});
  }
}

namespace shop {

/// Sculley's rate per word (2010), written by a user: no library file knows it.
struct per_word_rate {
  using representative_type = representative::mean;
  double slowest = 0;

  template <Scalar T>
  class state {
   public:
    state(per_word_rate const& rule, codebook<T> const& book) : slowest_(rule.slowest), seen_(book.size(), 0) {}
    void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
      require_codes(codes, book.size(), "per_word_rate::update");
      for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i] < 0) continue;
        auto const rate = static_cast<T>(std::max(slowest_, 1 / ++seen_[static_cast<std::size_t>(codes[i])]));
        auto word = book.words.row(codes[i]);
        word += rate * (x.row(static_cast<index_t>(i)) - word);
      }
    }

   private:
    double slowest_;
    std::vector<double> seen_;
  };
};

/// A user's own metric: the first column counts four times.
struct first_column_first {
  using representative_type = representative::mean;
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    T sum = 3 * (a[0] - b[0]) * (a[0] - b[0]);
    for (std::size_t d = 0; d < a.size(); ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
  }
};

}  // namespace shop
static_assert(UpdateRuleFor<shop::per_word_rate, squared_euclidean>);
static_assert(UpdateRuleFor<lloyd, shop::first_column_first>);
static_assert(!UpdateRuleFor<shop::per_word_rate, manhattan>);

TEST_CASE("A user's own rule and metric keep the laws") {
  laws::update_rule_laws(shop::per_word_rate{});
  laws::law_distortion_never_rises<float>(lloyd{}, shop::first_column_first{});
}

TEST_CASE("mini_batch: a word is the mean of all rows it was ever given") {
  auto const x = laws::gaussian<double>(90, 4, 8);
  codebook<double> book{laws::gaussian<double>(1, 4, 9)};
  mini_batch::state<double> state(mini_batch{}, book);
  std::vector<code_t> const codes(30, 0);
  for (index_t b = 0; b < 3; ++b) {
    matrix<double> const rows = x.middleRows(30 * b, 30);
    state.update(book, matrix_cref<double>(rows), codes);
  }
  CHECK((book.words - x.colwise().mean()).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("ema without decay and smoothing is Lloyd on the batch, bit for bit") {
  auto const x = laws::clustered<float>(200, 9, 6, 10);
  codebook<float> book{x.topRows(6)};
  codebook<float> other = book;
  ema::state<float> state(ema{.decay = 0, .epsilon = 0}, book);
  lloyd::state<float> plain(lloyd{}, other);
  for (int pass = 0; pass < 4; ++pass) {
    auto const codes = laws::nearest_codes(book, squared_euclidean{}, x);
    state.update(book, matrix_cref<float>(x), codes);
    plain.update(other, matrix_cref<float>(x), codes);
    CHECK(book.words == other.words);
  }
}

TEST_CASE("ema stays finite over 100,000 passes, and an unused word comes back to its rows") {
  for (double const epsilon : {1e-5, 0.0}) {
    CAPTURE(epsilon);
    codebook<float> book{matrix<float>::Constant(2, 1, 3.3f)};
    ema::state<float> state(ema{.epsilon = epsilon}, book);
    matrix<float> const x = matrix<float>::Constant(1, 1, 3.3f);
    std::vector<code_t> const used{0}, unused{1};
    for (int pass = 0; pass < 100000; ++pass) state.update(book, matrix_cref<float>(x), used);
    CHECK(book.words.allFinite());
    CHECK(book.words(0, 0) == doctest::Approx(3.3).epsilon(0.002));
    CHECK(book.words(1, 0) == 3.3f);
    state.update(book, matrix_cref<float>(x), unused);
    // The smoothed count of a word that nobody uses settles at epsilon / (1 - decay); its sum is gone.
    CHECK(book.words(1, 0) == doctest::Approx(3.3 / (1 + 0.99 * epsilon / 1e-4)).epsilon(0.01));
    for (int pass = 0; pass < 1000; ++pass) state.update(book, matrix_cref<float>(x), unused);
    CHECK(book.words(1, 0) == doctest::Approx(3.3).epsilon(0.002));
  }
}

TEST_CASE("spherical rules keep words at unit length; a mean of zero stays zero") {
  auto const x = laws::gaussian<float>(40, 5, 11);
  codebook<float> book{matrix<float>::Ones(2, 5)};
  std::vector<code_t> const codes(40, 0);
  spherical_mean::state<float> state(spherical_mean{}, book);
  state.update(book, matrix_cref<float>(x), codes);
  CHECK(book.words.row(0).norm() == doctest::Approx(1));
  matrix<float> opposite(2, 5);
  opposite << matrix<float>::Ones(1, 5), -matrix<float>::Ones(1, 5);
  state.update(book, matrix_cref<float>(opposite), std::vector<code_t>{1, 1});
  CHECK(book.words.row(1).isZero(0));
}

TEST_CASE("coordinate_median: odd and even numbers of members") {
  matrix<float> x(4, 2);
  x << 1, 10, 2, 20, 100, 30, 4, 40;
  codebook<float> book{matrix<float>::Zero(1, 2)};
  coordinate_median::state<float> state(coordinate_median{}, book);
  state.update(book, matrix_cref<float>(x), std::vector<code_t>{0, 0, 0, no_code});
  CHECK(book.words(0, 0) == 2);
  CHECK(book.words(0, 1) == 20);
  state.update(book, matrix_cref<float>(x), std::vector<code_t>(4, 0));
  CHECK(book.words(0, 0) == 3);  // between 2 and 4
  CHECK(book.words(0, 1) == 25);
}

TEST_CASE("balanced_assignment: sizes are floor or ceil, and no row and word would both rather be together") {
  for (std::size_t const rows : {7u, 24u, 25u, 40u}) {
    CAPTURE(rows);
    auto const x = laws::clustered<float>(rows, 3, 2, 12, 0.3);  // two clusters, seven words: crowding
    codebook<float> const book{laws::gaussian<float>(7, 3, 13)};
    std::vector<code_t> codes(rows);
    balanced_assignment<float>(book, squared_euclidean{}, x, codes, {});
    code_usage usage(7);
    usage.add(codes);
    for (auto const n : usage.counts()) {
      CHECK(n >= static_cast<std::int64_t>(rows / 7));
      CHECK(n <= static_cast<std::int64_t>((rows + 6) / 7));
    }
  }
}

TEST_CASE("balanced_assignment is stable when the places fit exactly") {
  auto const x = laws::gaussian<float>(24, 3, 14);
  codebook<float> const book{laws::gaussian<float>(6, 3, 15)};
  std::vector<code_t> codes(24);
  balanced_assignment<float>(book, squared_euclidean{}, x, codes, {});
  auto const distance = [&](std::size_t i, std::size_t j) {
    return (x.row(static_cast<index_t>(i)) - book.words.row(static_cast<index_t>(j))).squaredNorm();
  };
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t j = 0; j < 6; ++j) {
      if (!(distance(i, j) < distance(i, static_cast<std::size_t>(codes[i])))) continue;
      for (std::size_t k = 0; k < 24; ++k)  // i would rather be in j, so everyone in j is nearer to j than i
        if (codes[k] == static_cast<code_t>(j)) CHECK(distance(k, j) <= distance(i, j));
    }
}

TEST_CASE("Moving averages refuse numbers that are none, where they enter") {
  codebook<float> const book{matrix<float>::Ones(2, 3)};
  auto const refused = [&](auto const& rule) {
    CHECK_THROWS_AS((typename std::decay_t<decltype(rule)>::template state<float>(rule, book)), value_error);
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (double const decay : {nan, 1.5, -0.1, infinity}) {
    refused(ema{.decay = decay});
    refused(spherical_ema{.decay = decay});
    refused(cross_modal_ema{.decay = decay});
  }
  for (double const epsilon : {nan, -1e-9, infinity}) {
    refused(ema{.epsilon = epsilon});
    refused(cross_modal_ema{.epsilon = epsilon});
  }
  refused(cross_modal_ema{.own_weight = nan});
  refused(cross_modal_ema{.initial_count = -1});
  CHECK_NOTHROW((ema::state<float>(ema{.decay = 0, .epsilon = 0}, book)));
  CHECK_NOTHROW((ema::state<float>(ema{.decay = 1}, book)));
}

TEST_CASE("coordinate_median: the mean of the two in the middle does not overflow") {
  codebook<float> book{matrix<float>::Zero(1, 1)};
  matrix<float> x(4, 1);
  x << -3e38F, -3e38F, 3e38F, 3e38F;
  std::vector<code_t> const codes(4, 0);
  coordinate_median::state<float>({}, book).update(book, x, codes);
  CHECK(book.words(0, 0) == 0);
}
