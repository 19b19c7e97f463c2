// SPDX-License-Identifier: MIT
#pragma once
/// \file  Names of policies, as files and tables show them.
#include <sidera/core/config.hpp>
#include <string>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

namespace detail {
template <class T>
[[nodiscard]] constexpr std::string_view pretty_function() noexcept {
  return __PRETTY_FUNCTION__;
}

inline void erase_all(std::string& text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) text.erase(at, part.size());
}
}  // namespace detail

/// The name of a policy: its member `name` where it has one, else its type without this library's namespaces, for
/// example "prefix_residual" or "shop::per_word_rate".
template <class Policy>
[[nodiscard]] std::string policy_name() {
  if constexpr (requires { std::string_view(Policy::name); }) {
    return std::string(Policy::name);
  } else {
    // "... pretty_function() [with T = NAME; ...]" (g++) or "... pretty_function() [T = NAME]" (clang)
    std::string_view text = detail::pretty_function<Policy>();
    text.remove_prefix(text.find("T = ") + 4);
    std::string name(text.substr(0, text.find_first_of(";]")));
    std::string_view whole = detail::pretty_function<int>();
    std::string_view const space = whole.substr(whole.find("sidera::"));
    detail::erase_all(name, space.substr(0, space.find("detail::")));  // "sidera::v0_1_avx2::"
    detail::erase_all(name, "sidera::");
    return name;
  }
}

}  // namespace sidera::inline SIDERA_ABI
