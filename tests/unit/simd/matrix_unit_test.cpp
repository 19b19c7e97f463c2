// SPDX-License-Identifier: MIT
/// \file  Scores by the matrix unit are those of vector registers. Where there is no unit, both are the same code.
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <thread>

namespace {

using namespace sidera;
using panels = simd::integer_panels<std::int8_t>;
constexpr std::size_t tile_size = simd::detail::tile_rows, scene_rows = 2 * tile_size,
                      panel_words = panels::words_per_panel;

std::vector<float> some_numbers(std::size_t count, std::uint64_t seed) {
  random_stream const random(seed);
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(random.normal(i));
  return x;
}

/// Words, two tiles of rows, and two tables for each of them.
struct scene {
  std::size_t dim, stride;
  panels words;
  simd::aligned_buffer<std::int8_t> rows;
  simd::aligned_buffer<float> table_numbers;
  std::vector<float const*> tables;

  scene(std::size_t entries, std::size_t count)
      : dim(entries),
        words(simd::word_panels<float>::as_they_are(some_numbers(count * dim, dim), dim)),
        rows(scene_rows * words.row_length()) {
    stride = words.panel_count() * panel_words;
    std::fill_n(rows.data(), scene_rows * words.row_length(), std::int8_t{77});  // what stands behind entries
    std::vector<float> const x = some_numbers(scene_rows * dim, 1000 + dim), origin(dim, 0.0f);
    std::vector<float> centred(scene_rows * dim);
    std::vector<double> lengths(scene_rows), errors(scene_rows);
    words.load_rows(x.data(), dim, scene_rows, origin.data(),
                    {centred.data(), rows.data(), lengths.data(), errors.data()});
    auto const numbers = some_numbers(scene_rows * 2 * stride, 7);
    std::copy(numbers.begin(), numbers.end(), table_numbers.reserve(numbers.size()));
    for (std::size_t t = 0; t < 2 * scene_rows; ++t) tables.push_back(table_numbers.data() + t * stride);
  }

  template <std::size_t Tiles = 1>
  [[nodiscard]] std::vector<float> adjacent_scores() {
    return all_scores<Tiles>([&](std::size_t first, std::size_t p, float* out) {
      words.store_scores(rows.data() + first * words.row_length(), p, out, stride, 0, {}, Tiles);
    });
  }
  template <std::size_t Tiles = 1>
  [[nodiscard]] std::vector<float> scores_less_tables() {
    return all_scores<Tiles>([&](std::size_t first, std::size_t p, float* out) {
      words.store_scores(rows.data() + first * words.row_length(), p, tables.data() + 2 * first, 2, out, stride, {},
                         Tiles);
    });
  }
  /// Of all rows, so many tiles of them at a time.
  template <std::size_t Tiles, class Store>
  [[nodiscard]] std::vector<float> all_scores(Store const& store) {
    simd::aligned_buffer<float> out(scene_rows * stride);
    for (std::size_t first = 0; first < scene_rows; first += Tiles * tile_size)
      for (std::size_t p = 0; p < words.panel_count(); ++p)
        store(first, p, out.data() + first * stride + p * panel_words);
    return {out.data(), out.data() + scene_rows * stride};
  }
  template <std::size_t Vectors>
  [[nodiscard]] std::vector<float> scattered_scores() {
    std::int8_t const* at[tile_size];
    for (std::size_t r = 0; r < tile_size; ++r) at[r] = rows.data() + (r * 5 % tile_size) * words.row_length();
    simd::aligned_buffer<float> out(tile_size * stride);
    std::fill_n(out.data(), tile_size * stride, -1.0f);  // what no register of words covers
    for (std::size_t p = 0; p < words.panel_count(); ++p)
      words.store_scores<Vectors>(at, p, out.data() + p * panel_words, stride);
    return {out.data(), out.data() + tile_size * stride};
  }
};

bool ready() {
  return simd::detail::matrix_unit_is_ready;
}

TEST_CASE("matrix unit: the bits of scores are those of vector registers, for all lengths of rows") {
  std::vector<std::size_t> dims{127, 128, 129, 191, 192, 193, 256, 300, 768, 2047};
  for (std::size_t dim = 1; dim <= 70; ++dim) dims.push_back(dim);
  for (std::size_t const dim : dims) {
    CAPTURE(dim);
    scene s(dim, 70);
    REQUIRE(s.adjacent_scores<2>() == s.adjacent_scores());  // without a unit
    auto const adjacent = s.adjacent_scores(), less = s.scores_less_tables(), scattered = s.scattered_scores<2>(),
               first_words = s.scattered_scores<1>();
    simd::matrix_unit_session const session(s.words.wants_unit());
    REQUIRE(ready() == (simd::matrix_unit_session::available() && s.words.usable()));
    REQUIRE(s.adjacent_scores() == adjacent);
    REQUIRE(s.adjacent_scores<2>() == adjacent);
    REQUIRE(s.scores_less_tables() == less);
    REQUIRE(s.scores_less_tables<2>() == less);
    REQUIRE(s.scattered_scores<2>() == scattered);
    REQUIRE(s.scattered_scores<1>() == first_words);
  }
}

TEST_CASE("matrix unit: integers of the largest magnitudes") {
  for (std::size_t const dim : {64u, 4096u, 65'000u}) {
    scene s(dim, 3);
    for (std::size_t i = 0; i < scene_rows * s.words.row_length(); ++i)
      s.rows.data()[i] = static_cast<std::int8_t>(i % 2 == 0 ? -1 : 0);  // stored: 255 and 0
    auto const scores = s.adjacent_scores();
    simd::matrix_unit_session const session(s.words.wants_unit());
    CHECK(s.adjacent_scores() == scores);
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
    scene s(16, 40);
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
