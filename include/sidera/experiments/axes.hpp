// SPDX-License-Identifier: MIT
#pragma once
/// \file  The axes of a grid of compositions. An axis of your own is one such struct.
#include <concepts>
#include <sidera/experiments/type_list.hpp>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// A named list of policies that may stand in one place of a composition.
///
/// Syntax:    derives from type_list; `A::axis_name`, what its column of the results is called
/// Models:    \ref quantizer_families, \ref metrics, \ref update_rules, \ref residual_schemes, \ref initialisers,
///            \ref channel_choices, \ref disentanglers.
template <class A>
concept Axis = std::default_initializable<A> && requires {
  { A::axis_name } -> std::convertible_to<std::string_view>;
};

template <class... P>
struct quantizer_families : type_list<P...> {
  static constexpr std::string_view axis_name = "quantizer";
};
template <class... P>
struct metrics : type_list<P...> {
  static constexpr std::string_view axis_name = "metric";
};
template <class... P>
struct update_rules : type_list<P...> {
  static constexpr std::string_view axis_name = "update rule";
};
template <class... P>
struct residual_schemes : type_list<P...> {
  static constexpr std::string_view axis_name = "residual scheme";
};
template <class... P>
struct initialisers : type_list<P...> {
  static constexpr std::string_view axis_name = "initialiser";
};
template <class... P>
struct channel_choices : type_list<P...> {
  static constexpr std::string_view axis_name = "channels";
};
template <class... P>
struct disentanglers : type_list<P...> {
  static constexpr std::string_view axis_name = "disentangler";
};
static_assert(Axis<metrics<>> && !Axis<type_list<>>);

}  // namespace sidera::inline SIDERA_ABI
