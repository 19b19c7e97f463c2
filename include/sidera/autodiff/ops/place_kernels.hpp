// SPDX-License-Identifier: MIT
#pragma once
/// \file  Loops over the places of a batch of sequences that point to rows of a matrix: columns stay in registers while
/// the places of a sample go by.
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/sequence_shape.hpp>
#include <sidera/simd/lane_sums.hpp>

namespace sidera::inline SIDERA_ABI::detail {

/// One place that holds a row.
struct used_place {
  std::uint32_t row;  ///< of the matrix
  std::uint32_t at;   ///< position in the batch, sample * time + step
};

/// The places that hold a row, sample by sample; padding is left out. Lies in the arena of a tape.
struct used_places {
  used_place const* all;
  std::uint32_t const* first;  ///< batch + 1 positions in `all`

  [[nodiscard]] std::span<used_place const> of(std::size_t sample) const noexcept {
    return {all + first[sample], all + first[sample + 1]};
  }
  [[nodiscard]] std::size_t count(std::size_t batch) const noexcept { return first[batch]; }
};

/// Throws shape_error unless there are batch * time places, value_error with the place of a number that is not below
/// `rows`.
inline void require_places(std::span<code_t const> places, sequence_shape shape, std::size_t rows,
                           std::string_view function) {
  if (places.size() != shape.rows())
    throw shape_error(function, "there are " + std::to_string(places.size()) + " places, expected batch " +
                                    std::to_string(shape.batch) + " x time " + std::to_string(shape.time));
  require_codes(places, 1, rows, function);
}

/// The used ones of batch * time row numbers, of which the negative ones are padding. Throws what require_places
/// throws.
template <Scalar T>
[[nodiscard]] used_places find_places(tape<T>& t, std::span<code_t const> places, sequence_shape shape,
                                      std::size_t rows, std::string_view function) {
  require_places(places, shape, rows, function);
  auto* const all = t.template scratch<used_place>(places.size());
  auto* const first = t.template scratch<std::uint32_t>(shape.batch + 1);
  std::uint32_t at = 0, count = 0;
  for (std::size_t b = 0; b < shape.batch; ++b) {
    first[b] = count;
    for (std::size_t s = 0; s < shape.time; ++s, ++at) {
      all[count] = {static_cast<std::uint32_t>(places[at]), at};
      count += places[at] >= 0 ? 1 : 0;  // without a branch: padding is overwritten by the next place
    }
  }
  first[shape.batch] = count;
  return {all, first};
}

/// Calls body(first column, columns) so that every column has one owner: sums over places keep their order.
template <Scalar T, class Body>
void own_columns(tape<T>& t, std::size_t places, std::size_t cols, Body const& body) {
  block_partition const blocks{cols, places * cols <= 8 * block_numbers ? std::max<std::size_t>(cols, 1) : 16};
  t.executor().run(blocks.count(), [&](std::size_t b, std::size_t) { body(blocks.begin(b), blocks.length(b)); });
}

/// out(place) = sum_j c_j h_j(place) over n columns, for the places of one sample. `terms(j, V, lanes)` gives, for V
/// registers of columns from j on, a function from a place's row to the sum of their c_j h_j. Each result depends on
/// its own place alone.
template <Scalar T, class Terms, class Out>
SIDERA_ALWAYS_INLINE void sum_over_columns(std::span<used_place const> places, std::size_t n, Terms const& terms,
                                           Out const& out) {
  constexpr std::size_t w = simd::width<T>;
  for (std::size_t begin = 0; begin < places.size(); begin += w) {
    auto const some = places.subspan(begin, std::min(w, places.size() - begin));
    simd::batch<T> sums[w];
    for (auto& s : sums) s = simd::batch<T>(T(0));
    for_registers<T>(0, n, [&](std::size_t j, auto registers, std::size_t lanes) {
      auto const term = terms(j, registers, lanes);
      for (std::size_t i = 0; i < some.size(); ++i) sums[i] = sums[i] + term(some[i].row);
    });
    alignas(64) T found[w];
    simd::store<T>(found, simd::lane_sums<T>(sums));
    for (std::size_t i = 0; i < some.size(); ++i) out(some[i].at, found[i]);
  }
}

}  // namespace sidera::inline SIDERA_ABI::detail
