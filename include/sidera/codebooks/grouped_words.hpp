// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of one pass of \ref bounded_search, in groups of near ones.
#include <sidera/codebooks/integer_rules.hpp>
#include <sidera/codebooks/near_order.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/simd/own_word.hpp>

namespace sidera::inline SIDERA_ABI {

/// Words in an order of their own: group g, a panel of integers, has the places g * group_size and following, and the
/// word at place p is number order[p].
class grouped_words {
 public:
  static constexpr std::size_t group_size = simd::first_pass_panels::words_per_panel;

  /// `centre` is any point near the rows that will be searched; `words` must outlive the groups.
  grouped_words(matrix<float> const& words, std::vector<std::uint32_t> const& order, std::vector<float> const& centre)
      : words_(words),
        order_(order),
        place_(order.size()),
        rules_(in_order(words, order), squared_euclidean{}, centre),
        integers_(rules_.panels()),
        numbers_(rules_.panels()),
        number_error_(rules_.panels().score_error_after(numbers_.roundings())) {
    for (std::size_t p = 0; p < order.size(); ++p) place_[order[p]] = p;
  }

  /// False where words are out of the range of integers.
  [[nodiscard]] bool usable() const noexcept { return integers_.usable(); }
  [[nodiscard]] std::size_t group_count() const noexcept { return integers_.panel_count(); }
  [[nodiscard]] std::size_t place_of(code_t word) const noexcept { return place_[static_cast<std::size_t>(word)]; }
  [[nodiscard]] code_t number_of(std::size_t place) const noexcept { return static_cast<code_t>(order_[place]); }
  [[nodiscard]] std::span<float const> word(code_t number) const noexcept { return row_span(words_, number); }

  [[nodiscard]] score_rules<float, squared_euclidean> const& rules() const noexcept { return rules_; }
  [[nodiscard]] simd::first_pass_panels const& integers() const noexcept { return integers_; }

  [[nodiscard]] std::vector<float> centre() const {
    return {rules_.panels().centre().begin(), rules_.panels().centre().end()};
  }

  /// The score of one word in single precision.
  [[nodiscard]] float score(float const* x, std::size_t place) const noexcept {
    return numbers_.score(x, rules_.panels().centre().data(), place);
  }
  /// \ref simd::own_word of row x, with the score of the word at `place` as \ref score gives it.
  [[nodiscard]] simd::own_word<float> look_at_own(float const* x, std::size_t place) const noexcept {
    auto own = simd::look_at_own_word(x, word(number_of(place)).data(), rules_.panels().centre().data(),
                                      numbers_.direction(place), rules_.panels().dim());
    own.score += numbers_.bias(place);
    return own;
  }
  /// How far \ref score can be from the number it stands for.
  [[nodiscard]] double number_error(double length) const noexcept { return number_error_(length); }
  /// The same of the scores of \ref integers.
  [[nodiscard]] double integer_error(double length, double row_error) const noexcept {
    return rules_.panels().score_error(length) + integers_.score_error(length, row_error);
  }

 private:
  [[nodiscard]] static matrix<float> in_order(matrix<float> const& words, std::vector<std::uint32_t> const& order) {
    matrix<float> result(words.rows(), words.cols());
    for (std::size_t p = 0; p < order.size(); ++p) result.row(static_cast<index_t>(p)) = words.row(order[p]);
    return result;
  }

  matrix<float> const& words_;
  std::vector<std::uint32_t> order_;
  std::vector<std::size_t> place_;
  score_rules<float, squared_euclidean> rules_;
  simd::first_pass_panels integers_;
  simd::word_rows<float> numbers_;
  simd::length_bound number_error_;
};

}  // namespace sidera::inline SIDERA_ABI
