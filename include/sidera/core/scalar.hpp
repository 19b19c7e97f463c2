// SPDX-License-Identifier: MIT
#pragma once
/// \file  The numbers that samples and code words are made of.
#include <concepts>
#include <cstdint>
#include <sidera/core/config.hpp>

namespace sidera::inline SIDERA_ABI {

/// float or double. float is the type to compute in; double is for references and gradient checks.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

/// The index of a code word in its codebook. Negative means "no code" (a row whose modality is missing).
using code_t = std::int32_t;

/// The code of a row that has no data in this view.
inline constexpr code_t no_code = -1;

}  // namespace sidera::inline SIDERA_ABI
