// SPDX-License-Identifier: MIT
#pragma once
/// \file  Data-parallel training on rows that are spread over ranks.
#include <numeric>
#include <sidera/communicators/row_shares.hpp>
#include <sidera/training/shared_batches.hpp>

namespace sidera::inline SIDERA_ABI {

/// \ref shared_batches where every rank holds rows of its own instead of all rows.
/// \code
///   model.fit(my_views, my_flags, executor, watch, spread_batches{ranks, 32});   // disentangling_model
///   trainer.epoch(model, my_samples, executor, spread_batches{ranks, 16});       // ranker_trainer
/// \endcode
/// The rows of the data set are those of rank 0, then those of rank 1, and so on; ranks may have different numbers of
/// rows, or none. In every step the ranks send the rows of the batch to one another; from then on the batch is shared
/// as by shared_batches. Promise: all ranks end with the bits that one rank with all rows and `shared_batches` with
/// the same `piece_rows` ends with.
///
/// Memory of a rank: its own rows, the rows of a batch up to three times, and the order of an epoch (8 bytes per row of
/// all ranks). Exchanged per step, beside what shared_batches does: every rank receives the rows of the batch. Data
/// that one rank has and that cannot be trained on is an error of the same type on every rank. \ref trainer, whose
/// losses take rows by number from data of their own, does not take it.
template <Communicator C = serial_communicator>
struct spread_batches {
  shared_batches<C> pieces = {};

  spread_batches() = default;
  explicit spread_batches(C communicator, std::size_t rows_per_piece = 16)
      : pieces(std::move(communicator), rows_per_piece) {}
};
template <class C>
spread_batches(C, std::size_t) -> spread_batches<C>;

/// Whether rows are spread over ranks under a way to take gradients.
template <class Gradient>
inline constexpr bool spreads_rows = false;
template <class C>
inline constexpr bool spreads_rows<spread_batches<C>> = true;

/// 0 .. n - 1: the rows of a batch of n that was brought together.
[[nodiscard]] inline std::vector<std::size_t> row_places(std::size_t n) {
  std::vector<std::size_t> places(n);
  std::iota(places.begin(), places.end(), std::size_t{0});
  return places;
}

}  // namespace sidera::inline SIDERA_ABI
