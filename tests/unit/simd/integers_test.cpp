// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/simd/finer_words.hpp>
#include <sidera/simd/word_distances.hpp>

namespace {

using namespace sidera;
namespace kernel = sidera::simd;

constexpr std::size_t tile = kernel::first_pass_panels::tile_rows, panel = kernel::first_pass_panels::words_per_panel;

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
  auto measured = integers;
  kernel::measure_distances(measured, kernel::word_rows<float>(numbers));
  std::size_t const count = words.size() / dim, stride = integers.panel_count() * panel;
  kernel::aligned_buffer<Entry> rows(tile * integers.row_length());
  kernel::aligned_buffer<float> scores(tile * stride);
  std::vector<float> const origin(dim, 0.0f);
  std::vector<float> centred(tile * dim);
  double lengths[tile], errors[tile], worst = 0;
  std::vector<double> off(count);
  integers.load_rows(x.data(), dim, tile, origin.data(), {centred.data(), rows.data(), lengths, errors});
  kernel::matrix_unit_session const session(integers.wants_unit());
  for (std::size_t p = 0; p < integers.panel_count(); ++p)
    integers.store_scores(rows.data(), p, scores.data() + p * panel, stride, 0);
  for (std::size_t r = 0; r < tile; ++r)
    for (std::size_t j = 0; j < count; ++j) {
      auto real = static_cast<long double>(numbers.bias(0)[j]);
      for (std::size_t d = 0; d < dim; ++d)
        real += static_cast<long double>(x[r * dim + d]) * static_cast<long double>(numbers.entry(j, d));
      double const bound = integers.score_error(length_of(x.data() + r * dim, dim), errors[r]);
      off[j] = static_cast<double>(static_cast<long double>(scores.data()[r * stride + j]) - real);
      REQUIRE(std::abs(off[j]) <= bound);
      worst = std::max(worst, std::abs(off[j]) / bound);
      double const difference = measured.difference_error(length_of(x.data() + r * dim, dim), errors[r]);
      REQUIRE(difference <= 2 * bound * (1 + 1e-12));
      double most = 0;
      for (std::size_t k = 0; k < j; ++k) most = std::max(most, std::abs(off[j] - off[k]));
      REQUIRE(most <= difference);
    }
  return worst;
}

/// The same of scores that finer_words has corrected; what is returned is the bound as a part of the one without.
double check_finer_scores(std::vector<float> const& x, std::vector<float> const& words, std::size_t dim) {
  using entry = std::int8_t;
  auto const numbers = panels_of(words, dim);
  kernel::integer_panels<entry> const integers(numbers);
  kernel::finer_words const finer(integers, kernel::word_rows<float>(numbers));
  REQUIRE(finer.usable() == integers.usable());
  if (!finer.usable()) return 0;
  std::size_t const count = words.size() / dim, stride = integers.panel_count() * panel;
  kernel::aligned_buffer<entry> rows(tile * integers.row_length() + sizeof(kernel::detail::integer_batch)),
      remainders(tile * kernel::remainder_row_length<entry>(dim));
  kernel::aligned_buffer<float> scores(tile * stride);
  std::vector<float> const origin(dim, 0.0f);
  std::vector<float> centred(tile * dim);
  double lengths[tile], errors[tile], finer_errors[tile], part = 0;
  kernel::quantize_rows<entry>(x.data(), dim, tile, origin.data(), dim, integers.largest_integer(dim),
                               {centred.data(), rows.data(), lengths, errors, remainders.data(), finer_errors});
  for (std::size_t p = 0; p < integers.panel_count(); ++p)
    integers.store_scores(rows.data(), p, scores.data() + p * panel, stride, 0);
  std::vector<kernel::row_and_word> pairs;
  std::vector<float> corrected;
  for (std::size_t r = 0; r < tile; ++r)
    for (std::size_t j = r % 2; j < count; ++j) {  // not always whole registers of them
      pairs.push_back({static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(j)});
      corrected.push_back(scores.data()[r * stride + j]);
    }
  finer.correct({rows.data(), remainders.data()}, pairs, corrected.data());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::size_t const r = pairs[i].row, j = pairs[i].word;
    auto real = static_cast<long double>(numbers.bias(0)[j]);
    for (std::size_t d = 0; d < dim; ++d)
      real += static_cast<long double>(x[r * dim + d]) * static_cast<long double>(numbers.entry(j, d));
    double const length = length_of(x.data() + r * dim, dim),
                 bound = finer.score_error(length, errors[r], finer_errors[r]);
    REQUIRE(std::abs(static_cast<double>(static_cast<long double>(corrected[i]) - real)) <= bound);
    part = std::max(part, bound / integers.score_error(length, errors[r]));
  }
  return part;
}

/// What quantize_rows writes of `count` rows, `stride` numbers apart.
template <class Entry>
struct quantized {
  std::size_t dim;
  std::vector<float> centred;
  std::vector<Entry> integers;
  std::vector<double> lengths, errors;

  quantized(std::vector<float> const& x, std::size_t stride, std::size_t count, std::vector<float> const& centre)
      : dim(centre.size()),
        centred(count * dim + 1, 77.0f),
        integers(count * kernel::integer_row_length<Entry>(dim) + 1, Entry{77}),
        lengths(count),
        errors(count) {
    kernel::quantize_rows<Entry>(x.data(), stride, count, centre.data(), dim, limit(),
                                 {centred.data(), integers.data(), lengths.data(), errors.data()});
    REQUIRE(centred.back() == 77.0f);  // nothing behind the last row
    REQUIRE(integers.back() == 77);
  }
  [[nodiscard]] int limit() const { return kernel::integer_panels<Entry>::largest_integer(dim); }
  [[nodiscard]] Entry const* row(std::size_t i) const {
    return integers.data() + i * kernel::integer_row_length<Entry>(dim);
  }
  [[nodiscard]] float scale(std::size_t i) const {
    return kernel::detail::scale_of(row(i), kernel::integer_lanes<Entry>(dim));
  }
  /// Entry d of row i, without what is added to it.
  [[nodiscard]] int entry(std::size_t i, std::size_t d) const {
    auto const stored = static_cast<int>(row(i)[d]);
    return stored - kernel::detail::stored_offset<Entry> +
           (kernel::detail::stored_offset<Entry> != 0 && stored < 0 ? 256 : 0);
  }
};

TEST_CASE_TEMPLATE("quantize_rows: integers in range, and tight bounds, at all lengths and scales", Entry, std::int8_t,
                   std::int16_t) {
  for (std::size_t dim = 1; dim <= 70; ++dim)
    for (double const scale : {1e-30, 1e-12, 1.0, 1e15, 1e30}) {
      constexpr std::size_t count = 3;
      std::size_t const stride = dim + 2;
      auto const x = normal_numbers(count * stride, dim, scale), centre = normal_numbers(dim, 7, scale / 4);
      quantized<Entry> const q(x, stride, count, centre);
      for (std::size_t i = 0; i < count; ++i) {
        auto const s = static_cast<long double>(q.scale(i));
        long double square = 0, length = 0;
        for (std::size_t d = 0; d < dim; ++d) {
          float const a = x[i * stride + d] - centre[d];
          REQUIRE(q.centred[i * dim + d] == a);
          REQUIRE(std::abs(q.entry(i, d)) <= q.limit());
          long double const error = static_cast<long double>(a) - s * q.entry(i, d);
          square += error * error;
          length += static_cast<long double>(a) * static_cast<long double>(a);
        }
        auto const error = static_cast<double>(std::sqrt(square)), real = static_cast<double>(std::sqrt(length));
        REQUIRE(error <= q.errors[i]);
        REQUIRE(real <= q.lengths[i]);
        if (scale > 1e-20 && scale < 1e20) REQUIRE(q.errors[i] <= 2 * error + 1e-6 * real + 1e-18);
        if (scale > 1e-20 && scale < 1e20) REQUIRE(q.lengths[i] <= real * (1 + 1e-4));
      }
    }
}

TEST_CASE_TEMPLATE("quantize_rows: rows one by one are the rows of a block, for any number of them", Entry, std::int8_t,
                   std::int16_t) {
  for (std::size_t const dim : {5u, 16u, 47u})
    for (std::size_t count = 0; count <= 2 * kernel::detail::interleaved_rows + 1; ++count) {
      auto const x = normal_numbers(count * dim, count), centre = normal_numbers(dim, 3);
      quantized<Entry> const all(x, dim, count, centre);
      for (std::size_t i = 0; i < count; ++i) {
        auto const at = static_cast<std::ptrdiff_t>(i * dim);
        quantized<Entry> const one({x.begin() + at, x.begin() + at + static_cast<std::ptrdiff_t>(dim)}, dim, 1, centre);
        CHECK(one.lengths[0] == all.lengths[i]);
        CHECK(one.errors[0] == all.errors[i]);
        CHECK(one.scale(0) == all.scale(i));
        for (std::size_t d = 0; d < dim; ++d) REQUIRE(one.entry(0, d) == all.entry(i, d));
      }
    }
}

TEST_CASE_TEMPLATE("quantize_rows: no bounds for rows with numbers that are not finite, nor for squares that overflow",
                   Entry, std::int8_t, std::int16_t) {
  std::vector<float> const centre(20, 0.0f);
  for (float const odd : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN(), 1e30f})
    for (std::size_t at = 0; at < 20; ++at) {
      auto x = normal_numbers(3 * 20, at);
      x[20 + at] = odd;
      quantized<Entry> const q(x, 20, 3, centre);
      CHECK_FALSE(q.lengths[1] <= std::numeric_limits<double>::max());
      CHECK(q.errors[1] == std::numeric_limits<double>::infinity());
      for (std::size_t const i : {0u, 2u}) CHECK((q.lengths[i] < 10 && q.errors[i] < 1));  // its neighbours have them
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

TEST_CASE_TEMPLATE("largest_distance: no two words are farther apart, and two almost are", Entry, std::int8_t,
                   std::int16_t) {
  for (std::size_t const dim : {1u, 3u, 17u, 128u})
    for (std::size_t const count : {1u, 2u, 31u, 70u}) {
      auto const numbers = panels_of(normal_numbers(count * dim, dim + count, 3), dim);
      kernel::word_rows<float> const words(numbers);
      double const bound = kernel::largest_distance(words, kernel::integer_panels<Entry>(numbers));
      double most = 0, longest = 0;
      for (std::size_t j = 0; j < count; ++j) {
        longest = std::max(longest, length_of(words.direction(j), dim));
        for (std::size_t k = 0; k < j; ++k) {
          std::vector<float> difference(dim);
          for (std::size_t d = 0; d < dim; ++d) difference[d] = words.direction(j)[d] - words.direction(k)[d];
          most = std::max(most, length_of(difference.data(), dim));
        }
      }
      CHECK(most <= bound * (1 + 1e-6));
      CHECK(bound * bound <= most * most + 0.2 * longest * longest + 1e-9);
    }
}

TEST_CASE("difference_error: less than twice score_error for words that are not opposite") {
  auto const numbers = panels_of(normal_numbers(200 * 300, 5), 300);
  kernel::first_pass_panels panels(numbers);
  if (!panels.usable()) return;
  CHECK(panels.difference_error(9, 0.25) == doctest::Approx(2 * panels.score_error(9, 0.25)));
  kernel::measure_distances(panels, kernel::word_rows<float>(numbers));
  CHECK(panels.difference_error(9, 0.25) < 1.6 * panels.score_error(9, 0.25));
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

TEST_CASE("finer_words: corrected scores are within their bounds, a small part of those of the integers") {
  for (std::size_t const dim : {1u, 2u, 15u, 16u, 17u, 63u, 64u, 65u, 100u, 256u, 300u, 768u}) {
    CAPTURE(dim);
    for (double const scale : {1e-30, 1e-12, 1.0, 1e12}) {
      CAPTURE(scale);
      auto const x = normal_numbers(tile * dim, 41, scale), words = normal_numbers(37 * dim, 42, scale);
      double const part = check_finer_scores(x, words, dim);
      if (scale == 1.0 && dim >= 16) CHECK(part < 0.03);
    }
  }
}

TEST_CASE("finer_words: integers and remainders at their limits, numbers of all magnitudes, and zeros") {
  for (std::size_t const dim : {7u, 64u, 130u}) {
    CAPTURE(dim);
    auto x = normal_numbers(tile * dim, 51), words = normal_numbers(37 * dim, 52);
    random_stream const random(53);
    // Halfway between two integers, on either side of it: remainders of 127.
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = (std::floor(std::abs(x[i]) * 40) + (i % 2 == 0 ? 0.499f : 0.501f)) * (i % 3 == 0 ? -1.0f : 1.0f);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = (i / dim) % 2 == 0 ? 127.0f : -126.499f;
    for (std::size_t r = 0; r < tile; ++r) x[r * dim] = 127;
    check_finer_scores(x, words, dim);
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] *= static_cast<float>(std::exp2(std::floor(40 * random.uniform(i)) - 20));
    for (std::size_t d = 0; d < dim; ++d) x[3 * dim + d] = 0;
    for (std::size_t d = 0; d < dim; ++d) words[5 * dim + d] = 0;
    check_finer_scores(x, words, dim);
    check_finer_scores(x, std::vector<float>(37 * dim, 0.0f), dim);
    check_finer_scores(std::vector<float>(tile * dim, 1e-40f), words, dim);
  }
}

TEST_CASE("finer_words: where only rows, or only words, leave anything behind, it is within the bounds") {
  auto const whole = [](std::size_t count, std::size_t dim, std::uint64_t seed) {  // integers of a scale of 1
    random_stream const random(seed);
    std::vector<float> x(count * dim);
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = i % dim == 0 ? 127.0f : std::floor(static_cast<float>(250 * random.uniform(i))) - 125;
    return x;
  };
  auto const with_opposites = [](std::vector<float> words) {  // so that their mean, which is subtracted, is zero
    std::size_t const count = words.size();
    for (std::size_t i = 0; i < count; ++i) words.push_back(-words[i]);
    return words;
  };
  for (std::size_t const dim : {2u, 3u, 9u})
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(dim);
      CAPTURE(seed);
      check_finer_scores(normal_numbers(tile * dim, seed), with_opposites(whole(19, dim, seed + 100)), dim);
      check_finer_scores(whole(tile, dim, seed + 200), with_opposites(normal_numbers(19 * dim, seed)), dim);
    }
}

TEST_CASE("quantize_rows: rows that are not finite have no bounds with remainders either") {
  constexpr std::size_t dim = 20;
  std::vector<float> const origin(dim, 0.0f);
  for (float const bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 3e38f}) {
    auto x = normal_numbers(dim, 3);
    x[7] = bad;
    std::vector<float> centred(dim);
    std::vector<std::int8_t> integers(kernel::integer_row_length<std::int8_t>(dim)),
        remainders(kernel::remainder_row_length<std::int8_t>(dim));
    double length, error, finer_error;
    kernel::quantize_rows<std::int8_t>(
        x.data(), dim, 1, origin.data(), dim, 127,
        {centred.data(), integers.data(), &length, &error, remainders.data(), &finer_error});
    CHECK(!(finer_error < std::numeric_limits<double>::infinity()));
  }
}
