// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the writer and the reader of a model file agree on: a .safetensors file, which is eight bytes with the
///        length of a JSON header, the header, the numbers. `safetensors.numpy.load_file` of Python opens it.
///
/// `__metadata__` holds the model's text fields and three of our own: `sidera.format` (the version of this layout),
/// `sidera.version` (of the library that wrote it) and `sidera.sha256`, the SHA-256 of the whole file with these 64
/// digits replaced by zeros.
#include <sidera/core/fields.hpp>
#include <sidera/io/bytes.hpp>
#include <sidera/io/sha256.hpp>

namespace sidera::inline SIDERA_ABI {

/// The layout that this library writes. It reads this one and all older ones.
inline constexpr std::string_view fields_format = "1";

namespace detail {

inline constexpr std::string_view format_key = "sidera.format";
inline constexpr std::string_view version_key = "sidera.version";
inline constexpr std::string_view checksum_key = "sidera.sha256";
inline constexpr std::size_t checksum_digits = 64;

/// The text directly before the digits. It cannot occur inside a JSON string, where quotes are escaped.
inline constexpr std::string_view checksum_marker = "\"sidera.sha256\":\"";

inline constexpr std::size_t most_dimensions = 8;

template <class T>
[[nodiscard]] bool finite_values(std::vector<T> const& values) noexcept {
  if constexpr (Scalar<T>)
    return all_finite(std::span<T const>(values));
  else
    return true;
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
