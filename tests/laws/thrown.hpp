// SPDX-License-Identifier: MIT
#pragma once
/// \file  What an exception says.
#include <optional>
#include <sidera/core/error.hpp>
#include <string>

namespace laws {

/// The message of the exception that `f` throws; "" if it throws none.
template <class Error, class F>
[[nodiscard]] std::string message_of(F&& f) {
  try {
    f();
  } catch (Error const& e) {
    return e.what();
  }
  return {};
}

/// The row that the value_error of `f` names; none if it names none, or if none is thrown.
template <class F>
[[nodiscard]] std::optional<std::size_t> row_of_error(F&& f) {
  try {
    f();
  } catch (sidera::value_error const& e) {
    return e.row();
  }
  return std::nullopt;
}

}  // namespace laws
