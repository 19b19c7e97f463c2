// SPDX-License-Identifier: MIT
/// \file  Scores by the matrix unit are those of vector registers. Where there is no unit, both are the same code.
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <thread>

namespace {

using namespace sidera;
constexpr std::size_t tile_size = simd::detail::integer_tile_rows,
                      panel_words = simd::first_pass_panels::words_per_panel;

std::vector<float> some_numbers(std::size_t count, std::uint64_t seed) {
  random_stream const random(seed);
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(random.normal(i));
  return x;
}

/// Words, a tile of rows, and two tables for each of them.
template <class Entry>
struct scene {
  std::size_t dim, stride;
  simd::integer_panels<Entry> words;
  simd::aligned_buffer<Entry> rows;
  simd::aligned_buffer<float> table_numbers;
  std::vector<float const*> tables;

  scene(std::size_t entries, std::vector<float> const& word_numbers, std::vector<float> const& row_numbers)
      : dim(entries),
        words(simd::word_panels<float>::as_they_are(word_numbers, dim)),
        rows(tile_size * words.row_length()) {
    stride = words.panel_count() * panel_words;
    std::fill_n(rows.data(), tile_size * words.row_length(), Entry{77});  // what stands behind entries
    std::vector<float> const origin(dim, 0.0f);
    std::vector<float> centred(tile_size * dim);
    std::vector<double> lengths(tile_size), errors(tile_size);
    words.load_rows(row_numbers.data(), dim, tile_size, origin.data(),
                    {centred.data(), rows.data(), lengths.data(), errors.data()});
    auto const numbers = some_numbers(tile_size * 2 * stride, 7);
    std::copy(numbers.begin(), numbers.end(), table_numbers.reserve(numbers.size()));
    for (std::size_t t = 0; t < 2 * tile_size; ++t) tables.push_back(table_numbers.data() + t * stride);
  }
  scene(std::size_t entries, std::size_t count)
      : scene(entries, some_numbers(count * entries, entries), some_numbers(tile_size * entries, 1000 + entries)) {}

  [[nodiscard]] std::vector<float> adjacent_scores() {
    return all_scores([&](std::size_t p, float* out) { words.store_scores(rows.data(), p, out, stride, 0); });
  }
  [[nodiscard]] std::vector<float> scores_less_tables() {
    return all_scores(
        [&](std::size_t p, float* out) { words.store_scores(rows.data(), p, tables.data(), 2, out, stride); });
  }
  template <std::size_t Vectors>
  [[nodiscard]] std::vector<float> scattered_scores() {
    Entry const* at[tile_size];
    for (std::size_t r = 0; r < tile_size; ++r) at[r] = rows.data() + (r * 5 % tile_size) * words.row_length();
    return all_scores([&](std::size_t p, float* out) { words.template store_scores<Vectors>(at, p, out, stride); });
  }
  template <class Store>
  [[nodiscard]] std::vector<float> all_scores(Store const& store) {
    simd::aligned_buffer<float> out(tile_size * stride);
    std::fill_n(out.data(), tile_size * stride, -1.0f);  // what no register of words covers
    for (std::size_t p = 0; p < words.panel_count(); ++p) store(p, out.data() + p * panel_words);
    return {out.data(), out.data() + tile_size * stride};
  }
};

bool ready() {
  return simd::detail::matrix_unit_is_ready;
}

TEST_CASE_TEMPLATE("matrix unit: the bits of scores are those of vector registers, for all lengths of rows", Entry,
                   std::int8_t, std::int16_t) {
  std::vector<std::size_t> dims{127, 128, 129, 191, 192, 193, 256, 300, 768, 2047};
  for (std::size_t dim = 1; dim <= 70; ++dim) dims.push_back(dim);
  for (std::size_t const dim : dims) {
    CAPTURE(dim);
    scene<Entry> s(dim, 70);
    auto const adjacent = s.adjacent_scores(), less = s.scores_less_tables(),
               scattered = s.template scattered_scores<2>(), first_words = s.template scattered_scores<1>();
    simd::matrix_unit_session const session(s.words.wants_unit());
    REQUIRE(ready() == (simd::matrix_unit_session::available() && s.words.usable()));
    REQUIRE(s.adjacent_scores() == adjacent);
    REQUIRE(s.scores_less_tables() == less);
    REQUIRE(s.template scattered_scores<2>() == scattered);
    REQUIRE(s.template scattered_scores<1>() == first_words);
  }
}

TEST_CASE("matrix unit: integers of the largest magnitudes") {
  for (std::size_t const dim : {64u, 4096u, 65'000u}) {
    scene<std::int8_t> s(dim, 3);
    for (std::size_t i = 0; i < tile_size * s.words.row_length(); ++i)
      s.rows.data()[i] = static_cast<std::int8_t>(i % 2 == 0 ? -1 : 0);  // stored: 255 and 0
    auto const scores = s.adjacent_scores();
    simd::matrix_unit_session const session(s.words.wants_unit());
    CHECK(s.adjacent_scores() == scores);
  }
}

TEST_CASE("matrix unit: integers of 16 bits of the largest magnitudes, with either sign, and with halves of either") {
  for (std::size_t const dim : {1u, 2u, 3u, 64u, 4096u, 30'000u})
    for (float const sign : {1.0f, -1.0f}) {
      CAPTURE(dim);
      std::vector<float> words(3 * dim, 1.0f), rows(tile_size * dim);
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = sign * (i % 3 == 0 ? 1.0f : 0.97f);
      for (std::size_t d = 0; d < dim; ++d) words[dim + d] = d % 2 == 0 ? -1.0f : 0.49f;
      scene<std::int16_t> s(dim, words, rows);
      auto const scores = s.adjacent_scores();
      simd::matrix_unit_session const session(s.words.wants_unit());
      CHECK(s.adjacent_scores() == scores);
    }
}

TEST_CASE("halves of 16-bit integers: all of them, between signed bytes") {
  constexpr int most = 127 * 257;
  CHECK(simd::integer_panels<std::int16_t>::largest_integer(1) == most);
  for (int v = -most; v <= most; ++v) {
    auto const halves = simd::detail::halves_of(static_cast<std::int16_t>(v));
    REQUIRE(256 * halves.high + halves.low == v);
  }
}

TEST_CASE("matrix unit: a session in a session changes nothing, and none reaches other threads") {
  bool const there = simd::matrix_unit_session::available();
  CHECK_FALSE(ready());
  {
    simd::matrix_unit_session const outer(true);
    CHECK(ready() == there);
    {
      simd::matrix_unit_session const inner(true), nothing(false);
      CHECK(ready() == there);
    }
    CHECK(ready() == there);
    bool elsewhere = true;
    std::thread([&] { elsewhere = ready(); }).join();
    CHECK_FALSE(elsewhere);
    scene<std::int8_t> s(16, 40);
    auto const with = s.adjacent_scores();
    std::thread([&] { CHECK(s.adjacent_scores() == with); }).join();
  }
  CHECK_FALSE(ready());
  {
    simd::matrix_unit_session const unwanted(false);
    CHECK_FALSE(ready());
    simd::matrix_unit_session const wanted(true);
    CHECK(ready() == there);
  }
  CHECK_FALSE(ready());
}

}  // namespace
