// SPDX-License-Identifier: MIT
#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/codebooks/dead_codes.hpp>
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/codebooks/usage.hpp>

using namespace sidera;

namespace {

std::vector<code_t> some_codes(std::size_t n, code_t words) {
  std::vector<code_t> codes(n);
  for (std::size_t i = 0; i < n; ++i)
    codes[i] = static_cast<code_t>(random_stream(1).below(i, static_cast<std::size_t>(words)));
  return codes;
}

/// What a dead-code policy does to a book, and what it says it moved.
template <class Policy>
std::vector<std::size_t> revive(Policy const& policy, codebook<float>& book, matrix<float> const& x,
                                std::vector<code_t> const& codes) {
  code_usage usage(book.size());
  usage.add(codes);
  std::vector<double> distances;
  for (std::size_t i = 0; i < codes.size(); ++i)
    distances.push_back(static_cast<double>((x.row(static_cast<index_t>(i)) - book.words.row(codes[i])).squaredNorm()));
  matrix_cref<float> const rows(x);
  return policy(book, assignment_view<float>{rows, codes, distances, usage.counts()});
}

}  // namespace

TEST_CASE("pass_statistics: equal totals for any order, any merge, and after rows were taken out again") {
  auto const x = laws::gaussian<float>(500, 5, 2);
  auto const codes = some_codes(500, 7);
  auto const whole = pass_statistics<float>::of(x, codes, 7);
  column_scales const scales(matrix_cref<float>(x), 500);
  std::vector<pass_statistics<float>> parts(3, pass_statistics<float>(7, scales));
  for (std::size_t i = 500; i-- > 0;) {
    auto const row = std::span<float const>(row_span(x, static_cast<index_t>(i)));
    parts[i % 3].add(row, 0);  // a wrong word first
    parts[(i + 1) % 3].remove(row, 0);
    parts[i % 3].add(row, codes[i]);
    parts[i % 3].add(row, no_code);
  }
  parts[2].merge(parts[0]);
  parts[2].merge(parts[1]);
  for (std::size_t j = 0; j < 7; ++j) {
    CHECK(parts[2].counts()[j] == whole.counts()[j]);
    for (std::size_t d = 0; d < 5; ++d) CHECK(parts[2].sum(j, d) == whole.sum(j, d));
  }
  parts[2].clear();
  CHECK(parts[2].sum(3, 1) == 0);
}

TEST_CASE("pass_statistics: means are those of double arithmetic, for tiny, huge and denormal columns") {
  for (double const size : {1.0, 1e30, 1e-30, 1e-42}) {
    CAPTURE(size);
    matrix<float> const x = (laws::gaussian<double>(100, 3, 3) * size).cast<float>();
    auto const pass = pass_statistics<float>::of(x, std::vector<code_t>(100, 0), 1);
    std::vector<float> mean(3);
    pass.mean(0, mean);
    for (index_t d = 0; d < 3; ++d)
      CHECK(mean[static_cast<std::size_t>(d)] ==
            doctest::Approx(x.col(d).cast<double>().mean()).epsilon(size == 1e-42 ? 0.01 : 1e-6));
  }
}

TEST_CASE("pass_statistics: equal rows have their own mean, bit for bit") {
  matrix<float> const x = laws::gaussian<float>(1, 9, 4).replicate(333, 1);
  auto const pass = pass_statistics<float>::of(x, std::vector<code_t>(333, 0), 1);
  std::vector<float> mean(9);
  pass.mean(0, mean);
  for (index_t d = 0; d < 9; ++d) CHECK(mean[static_cast<std::size_t>(d)] == x(0, d));
}

TEST_CASE("pass_statistics: parts with other scales do not merge until their scales do") {
  matrix<float> const small = laws::gaussian<float>(10, 2, 5), large = 1000 * laws::gaussian<float>(10, 2, 6);
  column_scales a(matrix_cref<float>(small), 10), b(matrix_cref<float>(large), 10);
  pass_statistics<float> one(2, a);
  CHECK_THROWS_AS(one.merge(pass_statistics<float>(2, b)), shape_error);
  column_scales both = a;
  both.merge(b);
  b.merge(a);
  CHECK(both == b);
  pass_statistics<float> left(1, both), right(1, b);
  for (index_t i = 0; i < 10; ++i) {
    left.add(row_span(small, i), 0);
    right.add(row_span(large, i), 0);
  }
  left.merge(right);
  CHECK(left.sum(0, 0) == doctest::Approx(small.col(0).cast<double>().sum() + large.col(0).cast<double>().sum()));
  CHECK(left.counts()[0] == 20);
}

TEST_CASE("code_usage: counts, dead words, perplexity, merging") {
  code_usage usage(4);
  CHECK(usage.perplexity() == 0);
  usage.add(std::vector<code_t>{0, 1, no_code, 0, 1});
  CHECK(usage.dead() == 2);
  CHECK(usage.perplexity() == doctest::Approx(2));
  code_usage other(4);
  other.add(std::vector<code_t>{2, 2, 3, 3});
  usage.merge(other);
  CHECK(usage.dead() == 0);
  CHECK(usage.perplexity() == doctest::Approx(4));
  CHECK_THROWS_AS(usage.merge(code_usage(5)), shape_error);
  CHECK(laws::row_of_error([&] { usage.add(std::vector<code_t>{0, 4}); }) == 1);
  CHECK(usage.counts()[0] == 2);  // nothing was added
}

TEST_CASE("keep_dead moves nothing") {
  codebook<float> book{laws::gaussian<float>(3, 2, 7)};
  auto const before = book;
  CHECK(revive(keep_dead{}, book, laws::gaussian<float>(5, 2, 8), {0, 0, 0, 0, 0}).empty());
  CHECK(book.words == before.words);
}

TEST_CASE(
    "relocate_far: dead words go to the farthest rows, the first dead one to the farthest; never to distance zero") {
  matrix<float> x(5, 1);
  x << 0, 1, 7, 3, 0;
  codebook<float> book{matrix<float>::Zero(4, 1)};
  book.words(1, 0) = 50;
  CHECK(revive(relocate_far{}, book, x, {0, 0, 0, 0, 0}) == std::vector<std::size_t>{1, 2, 3});
  CHECK(book.words(0, 0) == 0);
  CHECK(book.words(1, 0) == 7);
  CHECK(book.words(2, 0) == 3);
  CHECK(book.words(3, 0) == 1);
  matrix<float> const two = x.topRows(2);  // one row at distance zero
  codebook<float> poor{matrix<float>::Zero(4, 1)};
  CHECK(revive(relocate_far{}, poor, two, {0, 0}) == std::vector<std::size_t>{1});
}

TEST_CASE("split_largest: the largest cell is shared by two words; a word at the origin splits as well") {
  matrix<float> x(6, 1);
  x << -1, 1, -2, 2, 10, 10;
  codebook<float> book{matrix<float>::Zero(3, 1)};
  book.words(1, 0) = 10;
  CHECK(revive(split_largest{}, book, x, {0, 0, 0, 0, 1, 1}) == std::vector<std::size_t>{0, 2});
  CHECK(book.words(0, 0) * book.words(2, 0) < 0);  // one on each side
  CHECK(book.words(1, 0) == 10);
}

TEST_CASE("split_largest leaves cells alone whose rows all lie on their word, and splits each cell once") {
  matrix<float> const x = matrix<float>::Constant(6, 2, 3);
  codebook<float> book{matrix<float>::Constant(4, 2, 3)};
  auto const before = book;
  CHECK(revive(split_largest{}, book, x, std::vector<code_t>(6, 0)).empty());
  CHECK(book.words == before.words);
  auto const spread = laws::gaussian<float>(9, 2, 9);
  codebook<float> one{matrix<float>::Zero(4, 2)};
  CHECK(revive(split_largest{}, one, spread, std::vector<code_t>(9, 2)) == std::vector<std::size_t>{0, 2});
}
