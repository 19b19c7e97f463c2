// SPDX-License-Identifier: MIT
#pragma once
#include <concepts>
#include <sidera/core/error.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI {
namespace detail {

template <class Error>
[[noreturn]] void throw_renamed(Error const& e, std::string_view part, std::string_view whole) {
  if (!std::string_view(e.function()).starts_with(part)) throw;
  std::string const function = std::string(whole) + e.function().substr(part.size());
  if constexpr (std::same_as<Error, value_error>)
    if (e.row()) throw value_error(function, e.message(), *e.row());
  throw Error(function, e.message());
}

}  // namespace detail

/// Calls `f()`. Errors that name a function of class `part` name that of class `whole` instead, for a `whole` that is
/// made of a `part` which its callers need not know: same type, message and row. Other exceptions pass.
template <class F>
decltype(auto) rename_errors(std::string_view part, std::string_view whole, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (value_error const& e) {
    detail::throw_renamed(e, part, whole);
  } catch (shape_error const& e) {
    detail::throw_renamed(e, part, whole);
  } catch (not_fitted_error const& e) {
    detail::throw_renamed(e, part, whole);
  }
}

}  // namespace sidera::inline SIDERA_ABI
