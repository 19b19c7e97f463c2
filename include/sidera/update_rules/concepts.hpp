// SPDX-License-Identifier: MIT
#pragma once
/// \file  What an update rule must offer, and what it may offer.
#include <sidera/codebooks/codebook.hpp>
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/metrics/concepts.hpp>
#include <string_view>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {
template <class U, class T>
concept has_state = requires {
  typename U::template state<T>;
};

template <class U, class T>
concept state_starts_from_codebook =
    std::constructible_from<typename U::template state<T>, U const&, codebook<T> const&>;

template <class U, class T>
concept state_updates = requires(typename U::template state<T>& s, codebook<T>& book, matrix_cref<T> const& x,
                                 std::span<code_t const> codes) {
  s.update(book, x, codes);
};

template <class U, class T>
concept state_updates_from_statistics = requires(typename U::template state<T>& s, codebook<T>& book,
                                                 pass_statistics<T> const& pass) {
  s.update(book, pass);
};

template <class U, class T>
concept state_resets_words = requires(typename U::template state<T>& s, codebook<T> const& book, std::size_t j) {
  s.reset_word(book, j);
};

template <class U, class T>
concept state_is_numbers = requires(typename U::template state<T>& s, typename U::template state<T> const& fixed,
                                    std::span<double const> numbers) {
  { fixed.numbers() } -> std::same_as<std::vector<double>>;
  s.set_numbers(numbers);
};
}  // namespace detail

/// Moves code words after each assignment of rows.
///
/// The rule itself is a small regular struct of hyper-parameters; what it must remember between updates lives in the
/// nested `state<T>`, which the quantizer owns, one per codebook.
///
/// Syntax:    `typename U::representative_type`
///            `typename U::template state<T>`, constructible from `(rule, codebook)`
///            `state.update(codebook, rows, codes)`
/// Semantics: a code word without members is left where it is; equal calls give equal bits.
/// Options:   `state.update(codebook, pass_statistics)`: the rule needs sums and counts alone; the host then keeps them
///            up to date by the rows that changed their word, with threads;
///            `state.reset_word(codebook, j)`: word j was moved by a dead-code policy, forget its past;
///            `rule.batch_size`: rows per update (absent: all rows);
///            `state.numbers()` -> vector of double, `state.set_numbers(numbers)`: all that the state remembers, for
///            checkpoints; a state made from the same rule and words takes them and goes on bit for bit;
///            `rule.save(field_set)`: puts the hyper-parameters that a checkpoint must agree with;
///            `state.assign(codebook, metric, rows, codes, executor)`: replaces the nearest-word codes during training.
/// Models:    \ref lloyd, \ref spherical_mean, \ref coordinate_median, \ref mini_batch, \ref ema,
///            \ref cross_modal_ema, \ref balanced.
template <class U>
concept UpdateRule = std::copyable<U> && requires {
  typename U::representative_type;
} && detail::has_state<U, float> && detail::state_starts_from_codebook<U, float> && detail::state_updates<U, float>;

/// The rule moves words to the very point that the metric calls best. `ema` with `manhattan` does not: it is refused.
template <class U, class M>
concept UpdateRuleFor =
    UpdateRule<U> && Divergence<M> && std::same_as<typename U::representative_type, typename M::representative_type>;

/// Metric and rule may stand in one model: the rule trains for the metric, or the metric can only search.
template <class U, class M>
concept UpdateRuleFitsMetric = UpdateRuleFor<U, M> ||(Metric<M> && !Divergence<M>);

}  // namespace sidera::inline SIDERA_ABI
