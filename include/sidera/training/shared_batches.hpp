// SPDX-License-Identifier: MIT
#pragma once
/// \file  Data-parallel training: the rows of every batch are shared out among ranks.
#include <sidera/communicators/serial.hpp>
#include <sidera/communicators/sum_over.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/training/gradient_exchange.hpp>
#include <sidera/training/trainer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Cuts every batch into pieces of `piece_rows` rows, of which rank r of n takes the pieces r, r + n, ...; the gradient
/// of the batch is the mean over its rows.
/// \code
///   run_mpi_ranks(MPI_COMM_WORLD, [&](auto const& ranks) { t.fit(loss, {}, shared_batches{ranks, 16}); }, tell);
/// \endcode
/// Every rank has a trainer, a store and a loss of its own, made alike, and the rows that its pieces ask for. Promises:
/// all ranks end with the same bits, and these do not depend on the number of ranks. They do depend on the pieces: a
/// loss that compares the rows of a batch with one another (InfoNCE) sees a piece at a time, and the loss must keep no
/// state between calls (moving averages), which would differ from rank to rank (\ref shared_stages shows how such a
/// state is shared). A piece's number goes into pass::step, as step * 2^20 + piece, so that dropout differs between the
/// pieces.
///
/// Memory: the gradients of this rank's pieces. Throws value_error on every rank when a gradient is not finite.
template <Communicator C = serial_communicator>
struct shared_batches {
  C ranks = {};
  std::size_t piece_rows = 16;

  shared_batches() = default;
  explicit shared_batches(C communicator, std::size_t rows_per_piece = 16)
      : ranks(std::move(communicator)), piece_rows(rows_per_piece) {
    if (piece_rows == 0) throw value_error("shared_batches", "a piece has 0 rows");
  }

  /// What \ref trainer calls: leaves the gradient of the batch in the store and returns its loss.
  template <Scalar T, class F>
  [[nodiscard]] T operator()(parameters<T>& store, tape<T>& tape, F& loss, std::span<std::size_t const> rows,
                             std::size_t step) const {
    block_partition const pieces{rows.size(), piece_rows};
    gradient_exchange<T> gradients(store, pieces.count());
    order_free_sum total;
    for (std::size_t p = ranks.rank(); p < pieces.count(); p += ranks.size()) {
      double const weight = static_cast<double>(pieces.length(p)) / static_cast<double>(rows.size());
      tape.reset();
      variable<T> const l = loss(tape, rows.subspan(pieces.begin(p), pieces.length(p)), pass{true, (step << 20) + p});
      total.add(static_cast<double>(l.item()) * weight);
      store.clear_gradients();
      tape.backward(l);
      gradients.keep(store, weight);
    }
    T const value = static_cast<T>(sum_over(ranks, total));
    if (!std::isfinite(value)) return value;  // the trainer says so, on every rank
    if (!gradients.reduce(store, ranks)) throw value_error("shared_batches", "a gradient is not finite");
    return value;
  }
};
template <class C>
shared_batches(C, std::size_t) -> shared_batches<C>;

}  // namespace sidera::inline SIDERA_ABI
