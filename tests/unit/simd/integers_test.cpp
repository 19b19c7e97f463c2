// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/simd/integer_panels.hpp>

namespace {

using namespace sidera;
namespace kernel = sidera::simd;

constexpr std::size_t tile = kernel::detail::tile_rows, panel = kernel::first_pass_panels::words_per_panel;

std::vector<float> normal_numbers(std::size_t count, std::uint64_t seed, double scale = 1) {
  random_stream const random(seed);
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(scale * random.normal(i));
  return x;
}

kernel::word_panels<float> panels_of(std::vector<float> const& words, std::size_t dim) {
  std::vector<double> const directions(words.begin(), words.end());
  std::vector<double> biases(words.size() / dim);
  for (std::size_t j = 0; j < biases.size(); ++j) biases[j] = 0.25 * static_cast<double>(j % 7);
  return {directions, biases, std::vector<float>(dim, 0.0f)};
}

double length_of(float const* x, std::size_t dim) {
  double square = 0;
  for (std::size_t d = 0; d < dim; ++d) square += double(x[d]) * double(x[d]);
  return std::sqrt(square);
}

/// The largest difference between a score of the integers and the sum that it stands for, as a part of the bound; fails
/// when the bound does not hold.
template <class Entry>
double check_scores(std::vector<float> const& x, std::vector<float> const& words, std::size_t dim) {
  auto const numbers = panels_of(words, dim);
  kernel::integer_panels<Entry> const integers(numbers);
  std::size_t const count = words.size() / dim, stride = integers.panel_count() * panel;
  kernel::aligned_buffer<Entry> rows(tile * integers.row_length());
  kernel::aligned_buffer<float> scores(tile * stride);
  double errors[tile], worst = 0;
  for (std::size_t r = 0; r < tile; ++r)
    errors[r] = integers.load_row(x.data() + r * dim, rows.data() + r * integers.row_length());
  for (std::size_t p = 0; p < integers.panel_count(); ++p)
    integers.store_scores(rows.data(), p, scores.data() + p * panel, stride, 0);
  for (std::size_t r = 0; r < tile; ++r)
    for (std::size_t j = 0; j < count; ++j) {
      auto real = static_cast<long double>(numbers.bias(0)[j]);
      for (std::size_t d = 0; d < dim; ++d)
        real += static_cast<long double>(x[r * dim + d]) * static_cast<long double>(numbers.entry(j, d));
      double const bound = integers.score_error(length_of(x.data() + r * dim, dim), errors[r]);
      double const error =
          static_cast<double>(std::abs(static_cast<long double>(scores.data()[r * stride + j]) - real));
      REQUIRE(error <= bound);
      worst = std::max(worst, error / bound);
    }
  return worst;
}

TEST_CASE_TEMPLATE("quantize_row: integers in range, and a tight bound of what they lose, at all lengths and scales",
                   Entry, std::int8_t, std::int16_t) {
  for (std::size_t dim = 1; dim <= 70; ++dim)
    for (double const scale : {1e-30, 1e-12, 1.0, 1e15, 1e30}) {
      auto const x = normal_numbers(dim, dim, scale);
      int const limit = kernel::integer_panels<Entry>::largest_integer(dim);
      std::vector<Entry> row(kernel::integer_row_length<Entry>(dim) + 1, 77);
      double const bound = kernel::quantize_row(x.data(), dim, limit, row.data());
      REQUIRE(row.back() == 77);
      kernel::detail::integer_row_head head;
      std::memcpy(&head, row.data(), sizeof head);
      float const s = head.scale;
      long double square = 0;
      int sum = 0;
      for (std::size_t d = 0; d < dim; ++d) {
        Entry const q = row[kernel::detail::head_entries<Entry> + d];
        REQUIRE(std::abs(q) <= limit);
        sum += q;
        long double const error = static_cast<long double>(x[d]) - static_cast<long double>(s) * q;
        square += error * error;
      }
      auto const error = static_cast<double>(std::sqrt(square));
      REQUIRE(error <= bound);
      REQUIRE(head.start == -kernel::detail::stored_offset<Entry> * sum);
      if (scale > 1e-20 && scale < 1e20) REQUIRE(bound <= 2 * error + 1e-6 * length_of(x.data(), dim));
    }
}

TEST_CASE_TEMPLATE("integer sums do not overflow where every entry has the largest magnitude", Entry, std::int8_t,
                   std::int16_t) {
  for (std::size_t const dim : {1u, 2u, 3u, 16u, 63u, 64u, 1000u, 4096u, 32'000u}) {
    int const limit = kernel::integer_panels<Entry>::largest_integer(dim);
    int const stored = limit + kernel::detail::stored_offset<Entry>;
    CHECK(static_cast<double>(limit) * stored * static_cast<double>(dim) < 0x1p31);
    // two words, so that their mean is zero and the entries stay at the limit
    std::vector<float> words(2 * dim, 3.0f), x(tile * dim, -2.0f);
    std::fill(words.begin() + static_cast<std::ptrdiff_t>(dim), words.end(), -3.0f);
    check_scores<Entry>(x, words, dim);
  }
}

TEST_CASE_TEMPLATE("integer scores stay within score_error for all widths and scales, and the bound is no fantasy",
                   Entry, std::int8_t, std::int16_t) {
  double worst = 0;
  for (std::size_t dim = 1; dim <= 70; ++dim)
    for (double const scale : {1e-9, 1.0, 1e9})
      worst = std::max(worst, check_scores<Entry>(normal_numbers(tile * dim, dim, scale),
                                                  normal_numbers(37 * dim, 99 + dim, scale), dim));
  CHECK(worst > 0.05);
}

TEST_CASE_TEMPLATE("integer scores stay within score_error where all roundings go the same way", Entry, std::int8_t,
                   std::int16_t) {
  for (std::size_t const dim : {2u, 5u, 16u, 64u, 257u}) {
    int const limit = kernel::integer_panels<Entry>::largest_integer(dim);
    // One large entry fixes the scale; all others are just below half a step, so every one of them is lost.
    std::vector<float> x(tile * dim), words(2 * dim);
    float const lost = 0.499f / static_cast<float>(limit);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % dim == 0 ? 1.0f : lost;
    for (std::size_t d = 0; d < dim; ++d) words[d] = d == 1 ? 1.0f : lost, words[dim + d] = -words[d];
    CHECK(check_scores<Entry>(x, words, dim) > 0.01);
  }
}

TEST_CASE_TEMPLATE("integer_panels: words out of range and words of too many entries are not used", Entry, std::int8_t,
                   std::int16_t) {
  auto const usable = [](std::vector<float> const& words, std::size_t dim) {
    return kernel::integer_panels<Entry>(panels_of(words, dim)).usable();
  };
  CHECK(usable(normal_numbers(40, 1), 8) == kernel::detail::has_integer_tile<Entry>);
  CHECK_FALSE(usable(normal_numbers(40, 1, 1e33), 8));
  CHECK_FALSE(usable({1, 2, std::numeric_limits<float>::quiet_NaN(), 4}, 2));
  CHECK_FALSE(usable(normal_numbers(2 * 70'000, 1), 70'000));
}

TEST_CASE_TEMPLATE("integer_panels: zeros, and numbers too small to be told from zero", Entry, std::int8_t,
                   std::int16_t) {
  check_scores<Entry>(std::vector<float>(tile * 9), normal_numbers(45, 1), 9);
  check_scores<Entry>(normal_numbers(tile * 9, 2, 1e-30), normal_numbers(45, 1), 9);
  check_scores<Entry>(normal_numbers(tile * 9, 2), normal_numbers(45, 1, 1e-30), 9);
  check_scores<Entry>(normal_numbers(tile * 9, 2, 1e-18), normal_numbers(45, 1, 1e-18), 9);
}

}  // namespace
