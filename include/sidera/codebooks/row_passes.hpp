// SPDX-License-Identifier: MIT
#pragma once
/// \file  Initialisers that go through all rows several times, wherever the rows are.
#include <sidera/codebooks/initialiser.hpp>

namespace sidera::inline SIDERA_ABI {

/// The rows that an initialiser goes through, those of this rank.
///
/// Syntax:    `p.rows()`, `p.first()`   how many there are, and the number of the first one in the whole data set
///            `p.workers()`             how many calls of `use` may be under way at once
///            `p.for_each(use)`         calls `use(at, rows, worker)` for pieces: rows at, at + 1, ... of this rank
///            `p.gather(bytes)`         -> the bytes of every rank, in the order of the ranks
/// Semantics: the same rows in every pass; calls with the same worker never overlap. All ranks make the same passes.
/// Models:    \ref matrix_passes, and the passes of \ref fit_stream.
template <class P, class T = float>
concept RowPasses = requires(P& p, void (&use)(std::size_t, matrix_cref<T> const&, std::size_t),
                             std::span<std::byte const> bytes) {
  { p.rows() } -> std::convertible_to<std::size_t>;
  { p.first() } -> std::convertible_to<std::size_t>;
  { p.workers() } -> std::convertible_to<std::size_t>;
  p.for_each(use);
  { p.gather(bytes) } -> std::same_as<std::vector<std::vector<std::byte>>>;
};

/// Rows in memory, on one rank.
template <Scalar T>
class matrix_passes {
 public:
  matrix_passes(matrix_cref<T> const& x, executor_ref executor) : x_(x), executor_(executor) {}

  [[nodiscard]] std::size_t rows() const noexcept { return row_count(x_); }
  [[nodiscard]] static std::size_t first() noexcept { return 0; }
  [[nodiscard]] std::size_t workers() const noexcept { return executor_.concurrency(); }
  template <class Use>
  void for_each(Use use) const {
    block_partition const blocks{rows(), 1024};
    executor_.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      auto const at = static_cast<index_t>(blocks.begin(b)), count = static_cast<index_t>(blocks.length(b));
      use(blocks.begin(b), matrix_cref<T>(x_.middleRows(at, count)), worker);
    });
  }
  [[nodiscard]] static std::vector<std::vector<std::byte>> gather(std::span<std::byte const> bytes) {
    return {std::vector<std::byte>(bytes.begin(), bytes.end())};
  }

 private:
  matrix_cref<T> const& x_;
  executor_ref executor_;
};
static_assert(RowPasses<matrix_passes<float>>);

/// An initialiser that goes through all rows several times and remembers little of them.
///
/// Syntax:    `init.sample(rows, words, context)` -> numbers of rows, any order
///            `init.from_passes(x, passes, words, metric, context)` -> codebook with `words` rows; x holds the rows of
///            the sample
/// Semantics: `init(x, words, metric, context)` is from_passes with the rows in memory, bit for bit, however the rows
///            are cut into pieces and spread over ranks. The context has no previous codes.
/// Models:    \ref kmeans_parallel.
template <class I>
concept PassInitialiser = Initialiser<I> &&
    requires(I const& init, matrix_cref<float> const& x, matrix_passes<float>& passes, std::size_t n,
             initialiser_context const& context) {
  { init.sample(n, n, context) } -> std::same_as<std::vector<std::size_t>>;
  { init.from_passes(x, passes, n, squared_euclidean{}, context) } -> std::same_as<codebook<float>>;
};

}  // namespace sidera::inline SIDERA_ABI
