// SPDX-License-Identifier: MIT
#pragma once
/// \file  What options take, said in one way by all programs: CLI11 itself reads "-1" as a huge number, "nan" as a
/// positive one, and explains neither.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <sidera/core/number_text.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace program {

inline constexpr std::uint64_t many = 1000000;  ///< of nothing does anyone want more
inline constexpr std::uint64_t most_threads = 1024;
inline constexpr std::uint64_t most_words = std::numeric_limits<std::int32_t>::max();

namespace detail {

/// All of `text` as an N.
template <class N>
[[nodiscard]] std::optional<N> number_from(std::string const& text) {
  N value{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// A finite number that `fits(number)`; `what` says which ones do.
template <class Fits>
[[nodiscard]] CLI::Validator number(std::string const& what, Fits fits) {
  auto const check = [=](std::string const& text) {
    auto const value = number_from<double>(text);
    return value && std::isfinite(*value) && fits(*value) ? std::string() : "takes " + what + ", not " + text;
  };
  return CLI::Validator(check, "number");
}

}  // namespace detail

/// Digits alone, and a number of that range.
[[nodiscard]] inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  auto const check = [=](std::string const& text) {
    auto const value = detail::number_from<std::uint64_t>(text);
    return value && *value >= least && *value <= most
               ? std::string()
               : "takes a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", not " + text;
  };
  return CLI::Validator(check, "whole number");
}
[[nodiscard]] inline CLI::Validator any_seed() {
  return whole_number(0, std::numeric_limits<std::uint64_t>::max());
}

[[nodiscard]] inline CLI::Validator number_above_0() {
  return detail::number("a number above 0", [](double x) { return x > 0; });
}
[[nodiscard]] inline CLI::Validator number_of_at_least_0() {
  return detail::number("a number of at least 0", [](double x) { return x >= 0; });
}
[[nodiscard]] inline CLI::Validator number_between(double least, double most) {
  return detail::number("a number from " + sidera::to_text(least) + " to " + sidera::to_text(most),
                        [=](double x) { return x >= least && x <= most; });
}

/// "a, b or c"
[[nodiscard]] inline std::string list_text(std::vector<std::string> const& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k)
    text += (k == 0 ? "" : k + 1 == names.size() ? " or " : ", ") + names[k];
  return text;
}

/// One of these words.
[[nodiscard]] inline CLI::Validator one_of(std::vector<std::string> const& names) {
  auto const check = [=](std::string const& text) {
    for (std::string const& name : names)
      if (text == name) return std::string();
    return "takes " + list_text(names) + ", not " + text;
  };
  std::string description = "{";
  for (std::string const& name : names) description += (description.size() > 1 ? "," : "") + name;
  return CLI::Validator(check, description + "}");
}

namespace detail {
/// What is wrong with the number of values of an option.
[[nodiscard]] inline std::string explanation(CLI::ArgumentMismatch const& problem) {
  std::string const text = problem.what();
  return text.substr(0, text.find(':')) + (text.ends_with("missing") ? " needs a value" : " may be given once only");
}
}  // namespace detail

/// False when the arguments ask for help, which has then been given. Throws std::invalid_argument for what is wrong
/// with them.
[[nodiscard]] inline bool parse_arguments(CLI::App& app, int argc, char** argv) try {
  app.parse(argc, argv);
  return true;
} catch (CLI::CallForHelp const& help) {
  app.exit(help);
  return false;
} catch (CLI::ExtrasError const&) {
  throw std::invalid_argument("not an option: " + list_text(app.remaining()) + "; --help lists all");
} catch (CLI::ArgumentMismatch const& problem) {
  throw std::invalid_argument(detail::explanation(problem));
} catch (CLI::ParseError const& problem) {
  throw std::invalid_argument(problem.what());
}

/// Throws std::invalid_argument when `option` was given although it would change nothing, because of `why`.
inline void refuse_ignored(CLI::App const& app, char const* option, bool ignored, std::string const& why) {
  if (ignored && app.count(option) > 0)
    throw std::invalid_argument(std::string(option) + " would change nothing " + why);
}

}  // namespace program
