// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which rows the places of a batch of sequences point to, and loops over them.
#include <sidera/autodiff/ops/row_sums.hpp>
#include <sidera/autodiff/sequence_shape.hpp>
#include <sidera/simd/lane_sums.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Throws shape_error unless there are batch * time places, value_error with the place of a number that is not below
/// `rows`.
inline void require_places(std::span<code_t const> places, sequence_shape shape, std::size_t rows,
                           std::string_view function) {
  if (places.size() != shape.rows())
    throw shape_error(function, "there are " + std::to_string(places.size()) + " places, expected batch " +
                                    std::to_string(shape.batch) + " x time " + std::to_string(shape.time));
  require_codes(places, 1, rows, function);
}

}  // namespace detail

/// The places of a batch of sequences in the order of the keys (row numbers) that they hold; padding is left out.
///
/// Key by key, a key's vector and the sum of its gradients stay in registers while the places that hold it go by.
/// Blocks of samples follow one another, so that what belongs to the samples stays in cache: the order of the places of
/// a sample depends on that sample alone. Lies in the arena of a tape, until its reset.
struct place_index {
  struct place {
    std::uint32_t key, sample, at;  ///< at = sample * time + step
  };
  static constexpr std::size_t block_samples = 64;

  sequence_shape shape;
  std::size_t keys;                ///< all are below
  std::span<code_t const> places;  ///< batch * time keys, negative: padding
  std::span<place const> used;
  std::uint32_t const* first;  ///< where in `used` the blocks of samples begin, and one more number

  [[nodiscard]] block_partition blocks() const noexcept { return {shape.batch, block_samples}; }
  [[nodiscard]] std::span<place const> block(std::size_t b) const noexcept {
    return used.subspan(first[b], first[b + 1] - first[b]);
  }
};

namespace detail {

/// Sorts the used places of samples `begin` .. `end` - 1 by their keys to `to`; returns how many they are. `next` is
/// memory for a number per key.
inline std::uint32_t sort_places(std::span<code_t const> places, std::size_t time, std::size_t begin, std::size_t end,
                                 std::span<std::uint32_t> next, place_index::place* to) {
  std::fill(next.begin(), next.end(), 0u);
  for (code_t const key : places.subspan(begin * time, (end - begin) * time))
    if (key >= 0) ++next[static_cast<std::size_t>(key)];
  std::uint32_t count = 0;
  for (std::uint32_t& n : next) count += std::exchange(n, count);
  for (std::size_t s = begin, at = begin * time; s < end; ++s)
    for (std::size_t step = 0; step < time; ++step, ++at)
      if (code_t const key = places[at]; key >= 0)
        to[next[static_cast<std::size_t>(key)]++] = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(s),
                                                     static_cast<std::uint32_t>(at)};
  return count;
}

}  // namespace detail

/// The index of batch * time keys, each below `keys` or negative for padding; at most 2^32 - 1 of them. Throws
/// shape_error for another number of places, value_error with the place of a key that is too large.
template <Scalar T>
[[nodiscard]] place_index index_places(tape<T>& t, std::span<code_t const> places, sequence_shape shape,
                                       std::size_t keys, std::string_view function) {
  detail::require_places(places, shape, keys, function);
  block_partition const blocks{shape.batch, place_index::block_samples};
  auto* const used = t.template scratch<place_index::place>(places.size());
  std::span const next(t.template scratch<std::uint32_t>(keys), keys);
  auto* const first = t.template scratch<std::uint32_t>(blocks.count() + 1);
  first[0] = 0;
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    std::size_t const begin = blocks.begin(b), end = begin + blocks.length(b);
    first[b + 1] = first[b] + detail::sort_places(places, shape.time, begin, end, next, used + first[b]);
  }
  return {shape, keys, t.keep(places), {used, first[blocks.count()]}, first};
}

namespace detail {

/// Throws shape_error unless the index is one of these keys and this batch.
template <Scalar T>
void require_index(place_index const& index, row_sums<T> const& keys, std::size_t batch, std::string_view function) {
  if (index.keys != keys.size() || index.shape.batch != batch)
    throw shape_error(function, "the index is of " + std::to_string(index.keys) + " keys and batch " +
                                    std::to_string(index.shape.batch) + ", expected " + std::to_string(keys.size()) +
                                    " keys and batch " + std::to_string(batch));
}

/// Calls body(first column, columns) so that every column has one owner: sums over places keep their order.
template <Scalar T, class Body>
void own_columns(tape<T>& t, std::size_t places, std::size_t cols, Body const& body) {
  block_partition const blocks{cols, places * cols <= 8 * block_numbers ? std::max<std::size_t>(cols, 1) : 16};
  t.executor().run(blocks.count(), [&](std::size_t b, std::size_t) { body(blocks.begin(b), blocks.length(b)); });
}

/// What loops need to know of a \ref row_sums.
template <Scalar T>
struct summands {
  T const* rows;
  code_t const* ids;  ///< `count` of every key; null: the rows are the keys
  std::size_t count, cols;

  summands(row_sums<T> const& x) noexcept  // NOLINT: the same thing for other readers
      : rows(x.rows.data()), ids(x.count == 0 ? nullptr : x.ids.data()), count(x.count), cols(x.cols()) {}

  /// The summands of a key, where there are ids.
  [[nodiscard]] std::span<code_t const> ids_of(std::size_t key) const noexcept { return {ids + key * count, count}; }

  /// V registers of a key's vector, from column j on.
  template <std::size_t V>
  [[nodiscard]] SIDERA_ALWAYS_INLINE register_row<T, V> get(std::size_t key, std::size_t j, std::size_t lanes) const {
    if (ids == nullptr) return register_row<T, V>::of(rows + key * cols + j, lanes);
    auto sum = register_row<T, V>::zero();
    for (std::size_t l = 0; l < count; ++l)
      if (code_t const id = ids[key * count + l]; id >= 0)
        sum.add(rows + static_cast<std::size_t>(id) * cols + j, lanes);
    return sum;
  }
  /// Adds to the gradients of the summands of a key; `to` is that of `rows`, null where nobody wants it.
  template <std::size_t V>
  SIDERA_ALWAYS_INLINE void add(T* to, std::size_t key, std::size_t j, std::size_t lanes,
                                register_row<T, V> const& x) const {
    if (to == nullptr) return;
    if (ids == nullptr) return x.add_to(to + key * cols + j, lanes);
    for (std::size_t l = 0; l < count; ++l)
      if (code_t const id = ids[key * count + l]; id >= 0)
        x.add_to(to + static_cast<std::size_t>(id) * cols + j, lanes);
  }
};

/// out(place) = sum_j h_j(place) over n columns, on the threads of the tape. `terms(j, V, lanes)` gives, for V
/// registers of columns from j on, a function from a key to a function from its places to the sum of those registers.
/// Each result depends on its own place alone.
template <Scalar T, class Terms, class Out>
void sum_over_columns(tape<T>& t, place_index const& index, std::size_t n, Terms const& terms, Out const& out) {
  constexpr std::size_t w = simd::width<T>;
  block_partition const groups{index.used.size(), w};
  parallel_for(t, groups.count(), w * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t g = begin; g < end; ++g) {
      place_index::place const* const group = index.used.data() + groups.begin(g);
      std::size_t const count = groups.length(g);
      simd::batch<T> sums[w];
      std::fill(sums + (n == 0 ? 0 : count), sums + w, simd::batch<T>(T(0)));  // the others are assigned
      for_registers<T>(
          0, n, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
            auto const of_key = terms(j, registers, lanes);
            for (std::size_t i = 0; i < count;) {
              std::uint32_t const key = group[i].key;
              auto const term = of_key(key);
              for (; i < count && group[i].key == key; ++i)
                sums[i] = j == 0 ? term(group[i]) : sums[i] + term(group[i]);
            }
          });
      alignas(64) T found[w];
      simd::store<T>(found, simd::lane_sums<T>(sums));
      for (std::size_t i = 0; i < count; ++i) out(group[i].at, found[i]);
    }
  });
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
