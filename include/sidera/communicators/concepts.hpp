// SPDX-License-Identifier: MIT
#pragma once
/// \file  What lets several ranks, each with its own rows, train one model.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <sidera/core/config.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Another rank failed, so that this one cannot go on, and the message holds the other one's; or the ranks make
/// different calls.
class communicator_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
/// What a rank is about to do together with the others.
enum class rank_step : std::int64_t { sum, max, gather, end };
}  // namespace detail

/// Bytes of every rank, in the order of the ranks.
using gathered_bytes = std::vector<std::vector<std::byte>>;

/// Joins ranks that work on parts of the same data.
///
/// Syntax:    `c.rank()`, `c.size()`       0 <= rank < size
///            `c.sum(integers)`            every entry becomes its sum over the ranks
///            `c.max(numbers)`             every entry becomes its maximum over the ranks
///            `c.gather(bytes)`            -> the bytes of every rank, in the order of the ranks
/// Semantics: all ranks make the same calls in the same order; `sum` and `max` with equal lengths. A call returns when
///            all ranks have made it, with equal results on all. When a rank has failed, the calls of the others throw
///            \ref communicator_error instead of waiting; the calls of all throw it when the ranks make different ones,
///            with different lengths, or when one of them has ended. There is no sum of floating-point numbers on
///            purpose: its result would depend on the number of ranks.
/// Models:    \ref serial_communicator, \ref thread_communicator, \ref mpi_communicator (communicators/mpi.hpp).
template <class C>
concept Communicator = requires(C const& c, std::span<std::int64_t> integers, std::span<double> numbers,
                                std::span<std::byte const> bytes) {
  { c.rank() } -> std::convertible_to<std::size_t>;
  { c.size() } -> std::convertible_to<std::size_t>;
  c.sum(integers);
  c.max(numbers);
  { c.gather(bytes) } -> std::same_as<gathered_bytes>;
};

}  // namespace sidera::inline SIDERA_ABI
