// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/each_row.hpp>
#include <sidera/core/random.hpp>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/reduce.hpp>
#include <sidera/simd/word_scan.hpp>

namespace {

using namespace sidera;

template <Scalar T>
std::vector<T> normal_numbers(std::size_t n, std::uint64_t seed, double scale = 1, double offset = 0) {
  random_stream const random(seed);
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<T>(offset + scale * random.normal(i));
  return v;
}

/// Scores <x, w> + b of centred panels.
template <Scalar T>
struct plain_rules : simd::multiply_add_step {
  simd::word_panels<T> const* panels;
  T slack;
  void prepare(T const* x, std::size_t stride, std::size_t count, T* out, T* slacks) const {
    std::size_t const dim = panels->dim();
    for (std::size_t i = 0; i < count; ++i)
      (void)simd::centre_row(x + i * stride, panels->centre().data(), dim, out + i * dim);
    std::fill_n(slacks, count, slack);
  }
  T lowest(T best, T by) const { return best - by; }
};

template <Scalar T>
struct problem {
  std::size_t words, dim;
  std::vector<double> directions, biases;
  std::vector<T> centre;
  simd::word_panels<T> panels{directions, biases, std::span<T const>(centre)};

  /// <x - centre, direction - mean direction> + moved bias, less the mean of the moved biases, in long double.
  [[nodiscard]] std::vector<long double> real_scores(T const* x) const {
    std::vector<long double> mean(dim, 0.0L), s(words);
    std::vector<double> g(dim, 0.0);
    for (std::size_t j = 0; j < words; ++j)
      for (std::size_t d = 0; d < dim; ++d) g[d] += directions[j * dim + d] / static_cast<double>(words);
    long double common = 0;
    for (std::size_t j = 0; j < words; ++j) {
      long double moved = static_cast<long double>(biases[j]);
      s[j] = 0;
      for (std::size_t d = 0; d < dim; ++d) {
        long double const w = static_cast<long double>(directions[j * dim + d]) - static_cast<long double>(g[d]);
        moved += static_cast<long double>(centre[d]) * w;
        s[j] += (static_cast<long double>(x[d]) - static_cast<long double>(centre[d])) * w;
      }
      s[j] += moved;
      common += moved / static_cast<long double>(words);
    }
    for (auto& v : s) v -= common;
    return s;
  }
};

template <Scalar T>
problem<T> random_problem(std::size_t words, std::size_t dim, double scale, double offset) {
  auto const w = normal_numbers<double>(words * dim, 5, scale, offset);
  std::vector<double> biases(words);
  for (std::size_t j = 0; j < words; ++j)
    for (std::size_t d = 0; d < dim; ++d) biases[j] -= w[j * dim + d] * w[j * dim + d] / 2;
  return {words, dim, w, biases, normal_numbers<T>(dim, 6, scale / 10, offset)};
}

}  // namespace

TEST_CASE_TEMPLATE("reduce equals a plain loop for all lengths up to three registers and one", T, float, double) {
  for (std::size_t n = 0; n <= 3 * simd::width<T> + 1; ++n) {
    auto const a = normal_numbers<T>(n, 1), b = normal_numbers<T>(n, 2);
    double want = 0;
    for (std::size_t i = 0; i < n; ++i) want += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    T const got = simd::reduce(a.data(), b.data(), n, [](auto x, auto y) { return x * y; });
    CHECK(std::fabs(static_cast<double>(got) - want) <=
          8 * static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(n));
  }
}

TEST_CASE_TEMPLATE("exact_sum adds in its eight lanes, whatever the register", T, float, double) {
  for (std::size_t n = 0; n <= 41; ++n) {
    auto const a = normal_numbers<T>(n, 3, 1e3), b = normal_numbers<T>(n, 4, 1e-3);
    double lane[8] = {};
    for (std::size_t d = 0; d < n; ++d) {
      double const difference = static_cast<double>(a[d]) - static_cast<double>(b[d]);
      lane[d % 8] = std::fma(difference, difference, lane[d % 8]);
    }
    double const want = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    auto const step = [](auto sum, auto x, auto y) {
      auto const d = x - y;
      return simd::multiply_add(d, d, sum);
    };
    CHECK(simd::exact_sum(n, step, a.data(), b.data()) == want);
  }
}

TEST_CASE_TEMPLATE("centre_row never says too short, at all lengths and scales", T, float, double) {
  for (double const scale : {1e-44, 1e-38, 1e-23, 1e-19, 1e-3, 1.0, 1e15})
    for (std::size_t n = 1; n <= 3 * simd::width<T> + 1; ++n) {
      auto const x = normal_numbers<T>(n, 7, scale), m = normal_numbers<T>(n, 8, scale / 2);
      std::vector<T> out(n);
      double const bound = simd::centre_row(x.data(), m.data(), n, out.data());
      long double square = 0;
      for (std::size_t d = 0; d < n; ++d) {
        REQUIRE(out[d] == x[d] - m[d]);
        square += static_cast<long double>(out[d]) * static_cast<long double>(out[d]);
      }
      auto const length = static_cast<double>(std::sqrt(square));
      CHECK(bound >= length);
      if (scale >= 1e-19) CHECK(bound <= length * (1 + 1e-4));
    }
}

TEST_CASE_TEMPLATE("Scores are within score_error of the real numbers", T, float, double) {
  for (std::size_t const dim : {1u, 2u, 7u, 33u, 130u})
    for (double const scale : {1e-42, 1e-30, 1e-3, 1.0, 1e12})
      for (double const offset : {0.0, 10.0, 1e4}) {
        auto const p = random_problem<T>(45, dim, scale, offset * scale);
        plain_rules<T> rules;
        rules.panels = &p.panels;
        rules.slack = 0;
        auto const x = normal_numbers<T>(8 * dim, 9, 3 * scale, offset * scale);
        simd::scan_workspace<T> w;
        std::size_t const stride = simd::score_rows(p.panels, rules, x.data(), dim, 8, w);
        std::vector<T> moved(dim);
        for (std::size_t i = 0; i < 8; ++i) {
          double const length = simd::centre_row(x.data() + i * dim, p.centre.data(), dim, moved.data());
          REQUIRE(p.panels.in_range(length));
          auto const want = p.real_scores(x.data() + i * dim);
          for (std::size_t j = 0; j < 45; ++j) {
            auto const error = std::fabs(static_cast<long double>(w.scores.data()[i * stride + j]) - want[j]);
            REQUIRE(static_cast<double>(error) <= p.panels.score_error(length));
          }
          for (std::size_t j = 45; j < stride; ++j)
            REQUIRE(w.scores.data()[i * stride + j] == -std::numeric_limits<T>::infinity());
        }
      }
}

TEST_CASE_TEMPLATE("word_scan leaves exactly the words within the slack of the best score", T, float, double) {
  for (std::size_t const words : {1u, 5u, 16u, 33u, 100u, 257u, 1500u})
    for (std::size_t const rows : {1u, 2u, 5u, 50u}) {
      std::size_t const dim = words > 1000 ? 200 : 3;  // 1500 x 200 do not fit one group of panels
      auto const p = random_problem<T>(words, dim, 1, 0);
      plain_rules<T> rules;
      rules.panels = &p.panels;
      rules.slack = T(0.25);
      auto const x = normal_numbers<T>(rows * dim, 10);
      simd::scan_workspace<T> all, w;
      std::size_t const stride = simd::score_rows(p.panels, rules, x.data(), dim, rows, all);
      std::size_t seen = 0;
      simd::word_scan<T, plain_rules<T>>(p.panels, rules, w)
          .run(x.data(), dim, rows, laws::each_row([&](std::size_t i, auto const& list) {
                 CHECK(i == seen++);
                 T const* const scores = all.scores.data() + i * stride;
                 T const bound = *std::max_element(scores, scores + words) - rules.slack;
                 std::vector<std::uint32_t> want, got;
                 for (std::uint32_t j = 0; j < words; ++j)
                   if (scores[j] >= bound) want.push_back(j);
                 // Four words share a lane of a chunk, so a list may be given up when three less than its capacity are
                 // left.
                 if (want.size() > simd::candidate_list<T>::capacity) REQUIRE_FALSE(list.complete());
                 if (want.size() + 3 <= simd::candidate_list<T>::capacity && words < 1000) REQUIRE(list.complete());
                 if (!list.complete()) return;
                 for (auto const& c : list.words()) {
                   got.push_back(c.word);
                   REQUIRE(c.score == scores[c.word]);
                 }
                 std::sort(got.begin(), got.end());
                 REQUIRE(got == want);
               }));
      CHECK(seen == rows);
    }
}

TEST_CASE("word_scan gives rows without a finite slack up") {
  auto const p = random_problem<float>(20, 4, 1, 0);
  plain_rules<float> rules;
  rules.panels = &p.panels;
  for (float const slack : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    rules.slack = slack;
    auto const x = normal_numbers<float>(7 * 4, 11);
    simd::scan_workspace<float> w;
    simd::word_scan<float, plain_rules<float>>(p.panels, rules, w)
        .run(x.data(), 4, 7, laws::each_row([](std::size_t, auto const& list) { CHECK_FALSE(list.complete()); }));
  }
}
