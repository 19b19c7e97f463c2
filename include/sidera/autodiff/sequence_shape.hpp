// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <sidera/core/error.hpp>
#include <string>

namespace sidera::inline SIDERA_ABI {

/// How the rows of a variable are read as batch x time x channel: row b * time + t is step t of sample b.
struct sequence_shape {
  std::size_t batch;
  std::size_t time;

  [[nodiscard]] std::size_t rows() const noexcept { return batch * time; }
  [[nodiscard]] std::size_t row(std::size_t sample, std::size_t step) const noexcept { return sample * time + step; }
  [[nodiscard]] bool operator==(sequence_shape const&) const = default;
};

/// Throws shape_error unless `x` has the rows of `shape`.
template <class Variable>
void require_sequence(Variable const& x, sequence_shape shape, std::string_view function) {
  if (x.rows() != shape.rows())
    throw shape_error(function, "x is " + std::to_string(x.rows()) + " x " + std::to_string(x.cols()) +
                                    ", expected batch " + std::to_string(shape.batch) + " x time " +
                                    std::to_string(shape.time) + " = " + std::to_string(shape.rows()) + " rows");
}

}  // namespace sidera::inline SIDERA_ABI
