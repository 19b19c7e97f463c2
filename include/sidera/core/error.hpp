// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the library throws. Data that breaks a precondition ends in one of these; a wrong program does not
/// compile.
#include <cstddef>
#include <optional>
#include <sidera/core/config.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sidera::inline SIDERA_ABI {

/// The base of all errors about arguments: "function: what is wrong with argument".
class argument_error : public std::invalid_argument {
 public:
  argument_error(std::string_view function, std::string_view message)
      : std::invalid_argument(std::string(function) + ": " + std::string(message)), function_(function) {}

  /// For example "residual_quantizer::fit".
  [[nodiscard]] std::string const& function() const noexcept { return function_; }
  /// What follows the function in what().
  [[nodiscard]] std::string_view message() const noexcept {
    return std::string_view(what()).substr(function_.size() + 2);
  }

 private:
  std::string function_;
};

/// Sizes that do not fit one another; the message holds both.
class shape_error : public argument_error {
  using argument_error::argument_error;
};

/// A model that has not been fitted or loaded yet.
class not_fitted_error : public argument_error {
  using argument_error::argument_error;
};

/// A value that is not allowed: NaN, infinity, an option out of range, a code without a word.
class value_error : public argument_error {
 public:
  value_error(std::string_view function, std::string_view message) : argument_error(function, message) {}
  value_error(std::string_view function, std::string_view message, std::size_t row)
      : argument_error(function, message), row_(row) {}

  /// The row at fault, where there is one.
  [[nodiscard]] std::optional<std::size_t> row() const noexcept { return row_; }

 private:
  std::optional<std::size_t> row_;
};

/// A file that cannot be read, written or believed. `path` is empty for data in memory.
class file_error : public std::runtime_error {
 public:
  file_error(std::string_view path, std::string_view message)
      : std::runtime_error(path.empty() ? std::string(message) : std::string(path) + ": " + std::string(message)),
        path_(path) {}

  [[nodiscard]] std::string const& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace sidera::inline SIDERA_ABI
