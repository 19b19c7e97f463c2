// SPDX-License-Identifier: MIT
#pragma once
/// \file  The semantic half of the concept UpdateRule. A new rule is one call of `update_rule_laws`.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/update_rules/concepts.hpp>

namespace laws {

template <sidera::Scalar T, class M>
[[nodiscard]] std::vector<sidera::code_t> nearest_codes(sidera::codebook<T> const& book, M const& metric,
                                                        sidera::matrix<T> const& x) {
  std::vector<sidera::code_t> codes(sidera::row_count(x));
  sidera::word_search<T, M>(book.words, metric).nearest(x, codes);
  return codes;
}

/// sum_i m(x_i, word of code i)
template <sidera::Scalar T, class M>
[[nodiscard]] double distortion(sidera::codebook<T> const& book, M const& metric, sidera::matrix<T> const& x,
                                std::vector<sidera::code_t> const& codes) {
  double sum = 0;
  for (std::size_t i = 0; i < codes.size(); ++i)
    sum += sidera::exact_distance(metric, std::span<T const>(sidera::row_span(x, static_cast<sidera::index_t>(i))),
                                  std::span<T const>(sidera::row_span(book.words, codes[i])));
  return sum;
}

/// A word without members is left where it is, and rows without a code have no say.
template <class T, class U>
void law_words_without_members_stay(U const& rule) {
  auto const x = gaussian<T>(20, 5, 1);
  sidera::codebook<T> book{gaussian<T>(4, 5, 2)};
  auto const start = book;
  std::vector<sidera::code_t> codes(20, 1);  // words 0, 2 and 3 have no rows
  for (std::size_t i = 10; i < 20; ++i) codes[i] = sidera::no_code;
  typename U::template state<T> state(rule, book);
  for (int pass = 0; pass < 3; ++pass) state.update(book, sidera::matrix_cref<T>(x), codes);
  for (sidera::index_t const j : {0, 2, 3}) CHECK(book.words.row(j) == start.words.row(j));
  CHECK(book.words.row(1) != start.words.row(1));
  sidera::matrix<T> const top = x.topRows(10);
  auto again = start;
  typename U::template state<T> other(rule, again);
  for (int pass = 0; pass < 3; ++pass)
    other.update(again, sidera::matrix_cref<T>(top), std::span<sidera::code_t const>(codes).first(10));
  CHECK((book.words - again.words).cwiseAbs().maxCoeff() < 1e-6);
}

/// Equal calls give equal bits; where a rule takes statistics, it makes the same of them as of the rows.
template <class T, class U>
void law_equal_calls_give_equal_bits(U const& rule) {
  auto const x = clustered<T>(60, 7, 5, 3);
  std::vector<sidera::code_t> codes(60);
  for (std::size_t i = 0; i < 60; ++i) codes[i] = static_cast<sidera::code_t>(i * i % 5);
  auto const run = [&](bool from_statistics) {
    sidera::codebook<T> book{gaussian<T>(5, 7, 4)};
    typename U::template state<T> state(rule, book);
    for (int pass = 0; pass < 3; ++pass) {
      if constexpr (sidera::detail::state_updates_from_statistics<U, T>)
        if (from_statistics) {
          state.update(book, sidera::pass_statistics<T>::of(x, codes, 5));
          continue;
        }
      state.update(book, sidera::matrix_cref<T>(x), codes);
    }
    return book.words;
  };
  CHECK(run(false) == run(false));
  CHECK(run(true) == run(false));
  CHECK(run(false).allFinite());
}

/// A code that has no word is refused with its row, and the words stay as they are.
template <class T, class U>
void law_codes_without_a_word_are_refused(U const& rule) {
  auto const x = gaussian<T>(6, 3, 5);
  sidera::codebook<T> book{gaussian<T>(2, 3, 6)};
  auto const start = book;
  std::vector<sidera::code_t> const codes{0, 1, 0, 2, 1, 0};
  typename U::template state<T> state(rule, book);
  CHECK(laws::row_of_error([&] { state.update(book, sidera::matrix_cref<T>(x), codes); }) == 3);
  CHECK(book.words == start.words);
}

/// The numbers of a state are all that it remembers: another one that takes them goes on as it would have, bit for bit.
template <class T, class U>
void law_numbers_are_all_that_a_state_remembers(U const& rule) {
  if constexpr (sidera::detail::state_is_numbers<U, T>) {
    using state_type = typename U::template state<T>;
    auto const x = clustered<T>(60, 7, 5, 3);
    std::vector<sidera::code_t> codes(60);
    for (std::size_t i = 0; i < 60; ++i) codes[i] = static_cast<sidera::code_t>(i * i % 5);
    sidera::codebook<T> book{gaussian<T>(5, 7, 4)};
    state_type state(rule, book);
    for (int pass = 0; pass < 2; ++pass) state.update(book, sidera::matrix_cref<T>(x), codes);
    auto copy = book, fresh = book;
    state_type other(rule, copy), forgetful(rule, fresh);
    other.set_numbers(state.numbers());
    sidera::matrix<T> const more = x.colwise().reverse();
    state.update(book, sidera::matrix_cref<T>(more), codes);
    other.update(copy, sidera::matrix_cref<T>(more), codes);
    forgetful.update(fresh, sidera::matrix_cref<T>(more), codes);
    CHECK(copy.words == book.words);
    CHECK(fresh.words != book.words);
    CHECK(other.numbers() == state.numbers());
    CHECK_THROWS_AS(other.set_numbers(std::vector<double>(1)), sidera::shape_error);
  }
}

/// Assigning and updating again and again never raises the distortion. Of rules that jump to the representative.
template <class T, class U, class M>
void law_distortion_never_rises(U const& rule, M const& metric, double slack = 1e-6, bool unit_rows = false) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto x = clustered<T>(300, 6, 12, seed, 0.5);
    if (unit_rows) x.rowwise().normalize();  // as quantizers do for spherical rules
    sidera::codebook<T> book{x.topRows(9)};
    typename U::template state<T> state(rule, book);
    auto codes = nearest_codes(book, metric, x);
    double before = distortion(book, metric, x, codes);
    for (int pass = 0; pass < 20; ++pass) {
      state.update(book, sidera::matrix_cref<T>(x), codes);
      double const updated = distortion(book, metric, x, codes);
      CHECK(updated <= before * (1 + slack));
      codes = nearest_codes(book, metric, x);
      double const assigned = distortion(book, metric, x, codes);
      CHECK(assigned <= updated * (1 + 1e-14));
      before = assigned;
    }
  }
}

/// What every model of UpdateRule keeps, in both precisions.
template <class U>
void update_rule_laws(U const& rule) {
  static_assert(sidera::UpdateRule<U>);
  law_words_without_members_stay<float>(rule);
  law_words_without_members_stay<double>(rule);
  law_equal_calls_give_equal_bits<float>(rule);
  law_equal_calls_give_equal_bits<double>(rule);
  law_codes_without_a_word_are_refused<float>(rule);
  law_numbers_are_all_that_a_state_remembers<float>(rule);
}

}  // namespace laws
