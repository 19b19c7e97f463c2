// SPDX-License-Identifier: MIT
// Scores against long double: the proven bound holds for rows and words that were made to break it. The search against
// plain scalar code.
#include <doctest/doctest.h>

#include <laws/each_row.hpp>
#include <laws/sample_data.hpp>
#include <numeric>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/nearest.hpp>
#include <sidera/simd/table_scores.hpp>
#include <sidera/simd/word_rows.hpp>
#include <sidera/simd/word_scan.hpp>

namespace {

using namespace sidera;

/// Linear scores; the slack is given.
template <Scalar T>
struct panel_rules : simd::multiply_add_step {
  simd::word_panels<T> const* panels;
  T slack = 0;
  void prepare(T const* x, std::size_t stride, std::size_t count, T* out, T* slacks) const {
    std::size_t const dim = panels->dim();
    for (std::size_t i = 0; i < count; ++i)
      (void)simd::centre_row(x + i * stride, panels->centre().data(), dim, out + i * dim);
    std::fill_n(slacks, count, slack);
  }
  [[nodiscard]] T lowest(T best, T s) const { return best - s; }
};

template <Scalar T>
simd::word_panels<T> pack(matrix<double> const& directions, std::vector<double> const& biases,
                          std::vector<T> const& centre) {
  return simd::word_panels<T>({directions.data(), static_cast<std::size_t>(directions.size())}, biases, centre);
}

/// The scores of every row of x by panels: visit(i, length, moved, scores), with the bound of the row's length and the
/// row less the centre.
template <Scalar T, class Visit>
void for_each_scored_row(matrix<T> const& x, simd::word_panels<T> const& panels, Visit const& visit) {
  panel_rules<T> const rules{{}, &panels};
  simd::scan_workspace<T> w;
  std::size_t const n = row_count(x), dim = column_count(x);
  std::size_t const stride = simd::score_rows(panels, rules, x.data(), dim, n, w);
  std::vector<T> moved(dim);
  for (std::size_t i = 0; i < n; ++i) {
    double const length = simd::centre_row(x.data() + i * dim, panels.centre().data(), dim, moved.data());
    REQUIRE(panels.in_range(length));
    std::span<T const> const scores(w.scores.data() + i * stride, stride);
    for (T const padding : scores.subspan(panels.words())) REQUIRE(padding == -std::numeric_limits<T>::infinity());
    visit(i, length, moved.data(), scores);
  }
}

/// The largest |computed - real| / score_error over all rows and pairs of words, by panels and by word_rows.
/// Differences of scores, since the panels move all scores of a row by a common amount; two scores may be off by twice
/// the bound.
template <Scalar T>
double worst_share_of_bound(matrix<T> const& x, matrix<double> const& directions, std::vector<double> const& biases,
                            std::vector<T> const& centre) {
  auto const panels = pack(directions, biases, centre);
  simd::word_rows<T> const words(panels);
  std::size_t const dim = column_count(x);
  double worst = 0;
  for_each_scored_row(x, panels, [&](std::size_t i, double length, T const* moved, std::span<T const> scores) {
    std::vector<long double> real(panels.words());
    for (std::size_t j = 0; j < real.size(); ++j) {
      real[j] = static_cast<long double>(biases[j]);
      for (std::size_t d = 0; d < dim; ++d)
        real[j] +=
            static_cast<long double>(x.data()[i * dim + d]) * static_cast<long double>(directions.data()[j * dim + d]);
    }
    for (std::size_t j = 1; j < real.size(); ++j) {
      auto const check = [&](T score, T first, double bound) {
        auto const off = static_cast<double>(
            std::abs((static_cast<long double>(score) - static_cast<long double>(first)) - (real[j] - real[0])));
        worst = std::max(worst, off / (2 * bound));
      };
      check(scores[j], scores[0], panels.score_error(length));
      check(words.score(moved, j), words.score(moved, 0), panels.score_error(length, words.roundings()));
    }
  });
  return worst;
}

/// The largest |computed - real| / score_error over all rows and words; the real scores are
/// <x - centre, direction - mean direction> + moved bias, less the mean of the moved biases.
template <Scalar T>
double worst_share_of_score_error(matrix<T> const& x, matrix<double> const& directions,
                                  std::vector<double> const& biases, std::vector<T> const& centre) {
  auto const panels = pack(directions, biases, centre);
  std::size_t const dim = column_count(x), words = biases.size();
  std::vector<double> mean(dim, 0.0);
  for (std::size_t j = 0; j < words; ++j)
    for (std::size_t d = 0; d < dim; ++d) mean[d] += directions.data()[j * dim + d] / static_cast<double>(words);
  double worst = 0;
  for_each_scored_row(x, panels, [&](std::size_t i, double length, T const*, std::span<T const> scores) {
    std::vector<long double> real(words, 0.0L);
    long double common = 0;
    for (std::size_t j = 0; j < words; ++j) {
      auto bias = static_cast<long double>(biases[j]);
      for (std::size_t d = 0; d < dim; ++d) {
        long double const direction =
            static_cast<long double>(directions.data()[j * dim + d]) - static_cast<long double>(mean[d]);
        auto const origin = static_cast<long double>(centre[d]);
        bias += origin * direction;
        real[j] += (static_cast<long double>(x.data()[i * dim + d]) - origin) * direction;
      }
      real[j] += bias;
      common += bias / static_cast<long double>(words);
    }
    for (std::size_t j = 0; j < words; ++j) {
      auto const off = static_cast<double>(std::abs(static_cast<long double>(scores[j]) - (real[j] - common)));
      worst = std::max(worst, off / panels.score_error(length));
    }
  });
  return worst;
}

std::vector<double> squared_length_biases(matrix<double> const& words) {
  std::vector<double> out;
  for (index_t j = 0; j < words.rows(); ++j) out.push_back(-words.row(j).squaredNorm() / 2);
  return out;
}

template <Scalar T>
std::vector<T> mean_of(matrix<double> const& words) {
  row_vector<T> const mean = words.colwise().mean().template cast<T>();
  return {mean.data(), mean.data() + mean.size()};
}

/// word_scan against score_rows and a plain loop.
template <Scalar T>
void check_scan(std::size_t rows, std::size_t words, std::size_t dim, T slack) {
  CAPTURE(rows);
  CAPTURE(words);
  matrix<double> const w = laws::gaussian<double>(words, dim, 8);
  auto const x = laws::gaussian<T>(rows, dim, 9);
  auto const panels = pack(w, squared_length_biases(w), mean_of<T>(w));
  panel_rules<T> const rules{{}, &panels, slack};
  simd::scan_workspace<T> one, other;
  std::size_t const stride = simd::score_rows(panels, rules, x.data(), dim, rows, one);
  std::size_t seen = 0;
  simd::word_scan<T, panel_rules<T>>(panels, rules, other)
      .run(x.data(), dim, rows, laws::each_row([&](std::size_t i, auto const& list) {
             CHECK(i == seen++);  // each row once, in their order
             T const* const scores = one.scores.data() + i * stride;
             T const bound = *std::max_element(scores, scores + words) - slack;
             std::vector<std::uint32_t> expected, found;
             for (std::size_t j = 0; j < words; ++j)
               if (scores[j] >= bound) expected.push_back(static_cast<std::uint32_t>(j));
             constexpr std::size_t capacity = simd::candidate_list<T>::capacity;
             if (expected.size() > capacity) REQUIRE_FALSE(list.complete());
             // With several groups of panels the best score of the first ones may let too many words in.
             if (expected.size() <= capacity && words < 1000) REQUIRE(list.complete());
             if (!list.complete()) return;
             for (auto const& c : list.words()) {
               REQUIRE(c.score == scores[c.word]);
               found.push_back(c.word);
             }
             std::sort(found.begin(), found.end());
             REQUIRE(found == expected);
           }));
  CHECK(seen == rows);
}

}  // namespace

TEST_CASE_TEMPLATE("scores stay within score_error for all widths, offsets and scales", T, float, double) {
  for (std::size_t const dim : {1u, 2u, 3u, 8u, 17u, 64u, 300u, 2000u})
    for (double const offset : {0.0, 10.0, 1000.0, 1e6})
      for (double const scale : {1e-12, 1.0, 1e12}) {
        CAPTURE(dim);
        CAPTURE(offset);
        CAPTURE(scale);
        matrix<T> const words = (laws::gaussian<T>(9, dim, 3).array() + T(offset)).matrix() * T(scale);
        matrix<T> const x = (laws::gaussian<T>(8, dim, 4).array() + T(offset)).matrix() * T(scale);
        matrix<double> const w = words.template cast<double>();
        CHECK(worst_share_of_bound<T>(x, w, squared_length_biases(w), mean_of<T>(w)) <= 1);
      }
}

TEST_CASE_TEMPLATE("scores stay within score_error where all roundings go the same way", T, float, double) {
  constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
  double most = 0;
  for (std::size_t const dim : {5u, 50u, 500u, 5000u}) {
    // Ones, then numbers just above half of the last place of the sum: each addition rounds up by almost as much.
    matrix<T> x = matrix<T>::Constant(4, static_cast<index_t>(dim), T(1));
    matrix<double> w = matrix<double>::Constant(3, static_cast<index_t>(dim), u * (1 + 4 * u));
    w.row(0).setZero();
    w.row(2) *= -1;  // the mean direction is zero: nothing is moved
    w.col(0) *= 0;
    w(1, 0) = 1, w(2, 0) = -1;
    double const share = worst_share_of_bound<T>(x, w, {0.0, 0.0, 0.0}, std::vector<T>(dim, T(0)));
    CHECK(share <= 1);
    most = std::max(most, share);
  }
  CHECK(most > 0.001);  // the rows do come near the bound: it is not checked in vain
}

TEST_CASE("scores stay within score_error for numbers of every size, in one row and across words") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto x = laws::gaussian<float>(6, 33, seed);
    matrix<double> w = laws::gaussian<double>(7, 33, seed + 100);
    random_stream const random(seed + 200);
    for (index_t i = 0; i < x.size(); ++i)
      x.data()[i] = std::ldexp(x.data()[i], static_cast<int>(random.below(static_cast<std::uint64_t>(i), 80)) - 60);
    for (index_t i = 0; i < w.size(); ++i)
      w.data()[i] =
          std::ldexp(w.data()[i], static_cast<int>(random.below(static_cast<std::uint64_t>(i) + 1000, 80)) - 60);
    CHECK(worst_share_of_bound<float>(x, w, squared_length_biases(w), mean_of<float>(w)) <= 1);
  }
}

TEST_CASE("score_error covers what underflows") {
  for (double const scale : {1e-46, 1e-44, 1e-40, 1e-38, 1e-30, 1e-23}) {
    CAPTURE(scale);
    matrix<double> const w = 1e-10 * laws::gaussian<double>(9, 40, 5);
    matrix<float> const x = (scale * laws::gaussian<double>(8, 40, 6)).cast<float>();
    CHECK(worst_share_of_bound<float>(x, w, std::vector<double>(9, 0.0), std::vector<float>(40, 0.0f)) <= 1);
  }
}

TEST_CASE("word_panels: words that do not fit the range are not trusted") {
  matrix<double> w = laws::gaussian<double>(3, 4, 7);
  CHECK(pack<float>(w, {0, 0, 0}, {0, 0, 0, 0}).in_range(10));
  CHECK_FALSE(pack<float>(w, {0, 0, 0}, {0, 0, 0, 0}).in_range(1e39));
  CHECK_FALSE(pack<float>(w, {0, 0, 0}, {0, 0, 0, 0}).in_range(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(pack<float>(w, {0, 1e39, 0}, {0, 0, 0, 0}).in_range(1));
  w(1, 1) = 1e39;
  CHECK_FALSE(pack<float>(w, {0, 0, 0}, {0, 0, 0, 0}).in_range(0));
  w(1, 1) = std::numeric_limits<double>::infinity();
  CHECK_FALSE(pack<float>(w, {0, 0, 0}, {0, 0, 0, 0}).in_range(0));
}

TEST_CASE_TEMPLATE("each score, not only differences, is within score_error of its real number", T, float, double) {
  for (std::size_t const dim : {1u, 2u, 7u, 33u, 130u})
    for (double const scale : {1e-42, 1e-30, 1e-3, 1.0, 1e12})
      for (double const offset : {0.0, 10.0, 1e4}) {
        CAPTURE(dim);
        CAPTURE(scale);
        CAPTURE(offset);
        auto const rows = [&](std::size_t n, double spread, std::uint64_t seed) -> matrix<double> {
          return (laws::gaussian<double>(n, dim, seed).array() * spread + offset).matrix() * scale;
        };
        matrix<double> const w = rows(45, 1, 5);
        matrix<T> const centre = rows(1, 0.1, 6).template cast<T>(), x = rows(8, 3, 9).template cast<T>();
        CHECK(worst_share_of_score_error<T>(x, w, squared_length_biases(w), {centre.data(), centre.data() + dim}) <= 1);
      }
}

TEST_CASE_TEMPLATE("word_scan leaves exactly the words whose score reaches the bound", T, float, double) {
  constexpr std::size_t tile = simd::detail::tile_rows;
  for (std::size_t const words :
       {std::size_t{1}, std::size_t{2}, std::size_t{5}, simd::width<T>, std::size_t{33}, 2 * simd::width<T> + 1,
        3 * simd::word_panels<T>::words_per_panel + 1, std::size_t{257}}) {
    for (std::size_t rows = 0; rows <= 3 * tile + 1; ++rows) check_scan<T>(rows, words, 5, T(0.5));
    for (T const slack : {T(0), T(0.25), T(4)}) check_scan<T>(50, words, 3, slack);
  }
  for (std::size_t const rows : {1u, 2u, 5u, 50u})  // more words than one group of panels takes
    check_scan<T>(rows, 1500, 200, T(0.25));
}

TEST_CASE("candidate_list: new scores replace the old ones and drop what is too far from their best") {
  constexpr std::size_t count = simd::score_chunk<float>;
  alignas(64) float scores[count], maxima[simd::width<float>];
  for (std::size_t j = 0; j < count; ++j) scores[j] = static_cast<float>(j);
  auto const best = simd::chunk_maxima(scores, count, maxima);
  simd::candidate_list<float> list;
  list.clear();
  list.collect(scores, maxima, count, 100, list.raise(best) - 3);
  REQUIRE(list.words().size() == 4);
  std::vector<float> better;
  for (auto const& w : list.words()) better.push_back(-static_cast<float>(w.word));
  list.rescore(better.data(), [](float most) { return most - 1; });
  REQUIRE(list.words().size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    auto const word = static_cast<std::uint32_t>(100 + count - 4 + i);  // the two lowest numbers, now the best ones
    CHECK(std::count_if(list.words().begin(), list.words().end(),
                        [&](auto const& w) { return w.word == word && w.score == -static_cast<float>(word); }) == 1);
  }
}

TEST_CASE_TEMPLATE("candidate_list: the only word that new scores leave, wherever it stands", T, float, double) {
  constexpr std::size_t count = simd::score_chunk<T>;
  alignas(64) T scores[count], maxima[simd::width<T>];
  for (std::size_t words = 1; words <= count; ++words)
    for (std::size_t best = 0; best < words; ++best) {
      for (std::size_t j = 0; j < count; ++j) scores[j] = j < words ? T(1) : T(0);
      (void)simd::chunk_maxima(scores, count, maxima);
      simd::candidate_list<T> list;
      list.clear();
      list.collect(scores, maxima, count, 0, list.raise(T(1)));
      REQUIRE(list.words().size() == words);
      std::vector<T> better(words, T(-7));
      better[best] = T(-2);
      std::uint32_t const word = list.words()[best].word;
      list.rescore(better.data(), [](T most) { return most - 1; });
      REQUIRE(list.words().size() == 1);
      CHECK(list.words()[0].word == word);
      CHECK(list.words()[0].score == T(-2));
    }
}

TEST_CASE_TEMPLATE("word_scan gives up rows without a usable slack and rows with too many equal words", T, float,
                   double) {
  constexpr auto equals = static_cast<index_t>(simd::candidate_list<T>::capacity) + 3;
  matrix<double> w = laws::gaussian<double>(equals, 6, 10);
  for (index_t j = 0; j < equals; ++j) w.row(j) = w.row(0).eval();
  auto const x = laws::gaussian<T>(30, 6, 11);
  auto const panels = pack(w, squared_length_biases(w), mean_of<T>(w));
  for (T const slack : {T(0), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
    panel_rules<T> const rules{{}, &panels, slack};
    simd::scan_workspace<T> memory;
    std::size_t given_up = 0;
    simd::word_scan<T, panel_rules<T>>(panels, rules, memory)
        .run(x.data(), 6, 30,
             laws::each_row([&](std::size_t, auto const& list) { given_up += list.complete() ? 0 : 1; }));
    CHECK(given_up == 30);
  }
}

TEST_CASE_TEMPLATE("running_best equals a plain loop", T, float, double) {
  constexpr std::size_t tile = simd::detail::tile_rows;
  for (std::size_t const words :
       {std::size_t{1}, std::size_t{2}, 2 * simd::width<T> + 1, 2 * simd::word_panels<T>::words_per_panel + 3})
    for (std::size_t const count : {tile, 3 * tile})
      for (std::size_t const tables : {0u, 1u, 3u}) {
        matrix<double> const w = laws::gaussian<double>(words, 4, 12);
        auto const x = laws::gaussian<T>(count, 4, 13);
        auto const panels = pack(w, squared_length_biases(w), mean_of<T>(w));
        std::size_t const stride = panels.panel_count() * simd::word_panels<T>::words_per_panel;
        simd::aligned_buffer<T> table(3 * stride);
        for (std::size_t k = 0; k < 3 * stride; ++k) table.data()[k] = static_cast<T>(k % 11) / 8;
        std::vector<T const*> pointers;
        for (std::size_t k = 0; k < count * tables; ++k) pointers.push_back(table.data() + k % 3 * stride);
        simd::search_workspace<T> memory;
        simd::centre_rows(panels, x.data(), 4, count, memory);
        simd::running_best<T> running;
        for (int turn = 0; turn < 2; ++turn) {  // the second turn has to forget the first
          running.reset(count);
          for (std::size_t p = 0; p < panels.panel_count(); ++p)
            for (std::size_t first = 0; first < count; first += tile)
              running.add_panel(panels, p, first, pointers.data(), tables, memory);
        }

        panel_rules<T> const rules{{}, &panels};
        simd::scan_workspace<T> plain;
        REQUIRE(simd::score_rows(panels, rules, x.data(), 4, count, plain) == stride);
        for (std::size_t r = 0; r < count; ++r) {
          std::vector<T> left(plain.scores.data() + r * stride, plain.scores.data() + r * stride + words);
          for (std::size_t j = 0; j < words; ++j)
            for (std::size_t t = 0; t < tables; ++t) left[j] -= pointers[r * tables + t][j];
          auto const first = static_cast<std::size_t>(std::max_element(left.begin(), left.end()) - left.begin());
          auto const best = running.best(r, memory);
          CHECK(best.word == first);
          CHECK(best.score == left[first]);
          left.erase(left.begin() + static_cast<std::ptrdiff_t>(first));
          CHECK(best.runner_up ==
                (left.empty() ? -std::numeric_limits<T>::infinity() : *std::max_element(left.begin(), left.end())));
        }
      }
}

TEST_CASE_TEMPLATE("scores_after_tables and positions_at_least equal plain loops", T, float, double) {
  constexpr std::size_t chunk = simd::score_chunk<T>, w = simd::width<T>, count = 5 * chunk;
  auto const numbers = laws::gaussian<T>(6, count, 21);
  simd::aligned_buffer<T> scores(count), out(count), largest(chunk), maxima(count / 4), tables(5 * count);
  std::copy_n(numbers.data(), count, scores.data());
  scores.data()[count - 1] = -std::numeric_limits<T>::infinity();  // padding
  std::copy_n(numbers.data() + count, 5 * count, tables.data());
  T const* rows[5];
  for (std::size_t t = 0; t < 5; ++t) rows[t] = tables.data() + t * count;
  for (std::size_t used = 0; used <= 5; ++used) {
    std::fill_n(largest.data(), chunk, T(0.25));
    simd::scores_after_tables(scores.data(), T(0.5), rows, used, count, out.data(), maxima.data(), largest.data());
    std::vector<T> expected(chunk, T(0.25)), of_chunks(count / 4, -std::numeric_limits<T>::infinity());
    for (std::size_t j = 0; j < count; ++j) {
      T value = scores.data()[j] + T(0.5);
      for (std::size_t t = 0; t < used; ++t) value -= rows[t][j];
      REQUIRE(out.data()[j] == value);
      expected[j % chunk] = std::max(expected[j % chunk], value);
      T& of_chunk = of_chunks[j / chunk * w + j % w];
      of_chunk = std::max(of_chunk, value);
    }
    CHECK(std::equal(expected.begin(), expected.end(), largest.data()));
    CHECK(std::equal(of_chunks.begin(), of_chunks.end(), maxima.data()));
    for (T const bound : {out.data()[7], std::numeric_limits<T>::lowest(), T(1e9)}) {
      std::vector<std::uint32_t> found(count), plain;
      found.resize(simd::positions_at_least(out.data(), maxima.data(), count, bound, found.data()));
      std::sort(found.begin(), found.end());
      for (std::uint32_t j = 0; j < count; ++j)
        if (out.data()[j] >= bound) plain.push_back(j);
      CHECK(found == plain);
    }
  }
}

TEST_CASE_TEMPLATE("kth_largest_lane counts repetitions", T, float, double) {
  constexpr std::size_t count = simd::score_chunk<T>;
  auto const numbers = laws::gaussian<T>(1, count, 22);
  simd::aligned_buffer<T> lanes(count);
  std::copy_n(numbers.data(), count, lanes.data());
  lanes.data()[1] = lanes.data()[count - 1] = lanes.data()[2] = numbers(0, 0);
  lanes.data()[3] = -std::numeric_limits<T>::infinity();  // a lane without words
  std::vector<T> sorted(lanes.data(), lanes.data() + count);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  for (std::size_t k = 1; k <= count; ++k) REQUIRE(simd::kth_largest_lane(lanes.data(), k) == sorted[k - 1]);
}

TEST_CASE_TEMPLATE("descending_order: every position once, no number before a larger one", T, float, double) {
  for (std::size_t count = 0; count <= 2 * simd::width<T> + 1; ++count)
    for (int const different : {1, 2, 3, 1000}) {  // few different numbers: many are equal
      auto const random = laws::gaussian<T>(1, count, count + 23);
      std::vector<T> numbers(count);
      for (std::size_t i = 0; i < count; ++i)
        numbers[i] = static_cast<T>(static_cast<int>(std::abs(random.data()[i]) * 1000) % different) - 1;
      std::vector<std::uint32_t> order(count), all(count);
      simd::descending_order(numbers.data(), count, order.data());
      CHECK(std::is_sorted(order.begin(), order.end(), [&](auto a, auto b) { return numbers[a] > numbers[b]; }));
      std::iota(all.begin(), all.end(), 0u);
      CHECK(std::is_permutation(order.begin(), order.end(), all.begin(), all.end()));
    }
}
