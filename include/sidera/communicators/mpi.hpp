// SPDX-License-Identifier: MIT
#pragma once
/// \file  Ranks that are processes of an MPI job. Not in sidera.hpp: link sidera::mpi, which also needs an MPI library.
#include <functional>
#include <sidera/communicators/mpi_meeting.hpp>

namespace sidera::inline SIDERA_ABI {

/// MPI_Init_thread and MPI_Finalize, as an object for main. Throws communicator_error when the MPI library does not
/// allow further threads; sidera calls MPI from one thread, the one that calls \ref run_mpi_ranks.
class mpi_session {
 public:
  mpi_session(int& argc, char**& argv) {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    if (provided >= MPI_THREAD_FUNNELED) return;
    MPI_Finalize();
    throw communicator_error("mpi_session: the MPI library allows no threads");
  }
  ~mpi_session() { MPI_Finalize(); }
  mpi_session(mpi_session const&) = delete;
  mpi_session& operator=(mpi_session const&) = delete;
};

/// One of the ranks that run in \ref run_mpi_ranks. To be used by the thread that called it. Before every call the
/// ranks exchange 40 bytes, so that a failure, other calls or other lengths are an error on every rank and never a
/// hang.
class mpi_communicator {
 public:
  explicit mpi_communicator(detail::mpi_meeting& meeting) noexcept : meeting_(&meeting) {}

  [[nodiscard]] std::size_t rank() const noexcept { return meeting_->rank(); }
  [[nodiscard]] std::size_t size() const noexcept { return meeting_->size(); }
  void sum(std::span<std::int64_t> values) const {
    meeting_->reduce(values, detail::mpi_meeting::step::sum, MPI_INT64_T, MPI_SUM);
  }
  void max(std::span<double> values) const {
    meeting_->reduce(values, detail::mpi_meeting::step::max, MPI_DOUBLE, MPI_MAX);
  }
  [[nodiscard]] gathered_bytes gather(std::span<std::byte const> bytes) const { return meeting_->gather(bytes); }

 private:
  detail::mpi_meeting* meeting_;
};
static_assert(Communicator<mpi_communicator>);

/// Calls `body(communicator)` on every rank of `all` and returns when it has returned on all of them.
///
///   mpi_session const session(argc, argv);
///   run_mpi_ranks(MPI_COMM_WORLD, [&](mpi_communicator const& c) { fit_stream(model, mine, {}, {}, {}, c); },
///   to_stderr);
///
/// When `body` throws anywhere, it throws on every rank: on the lowest rank that failed its own exception, on the
/// others communicator_error with "rank R failed: " and the message, as soon as they call their communicator or end.
/// Ranks that do neither within options.patience are ended by MPI_Abort, after `last_words(message)` on a rank that
/// failed; so the job is over patience + the launcher's time after the failure (for 5 s, well below 10). A rank that is
/// killed is the launcher's to notice.
inline void run_mpi_ranks(MPI_Comm all, std::function<void(mpi_communicator const&)> const& body,
                          std::function<void(std::string const&)> const& last_words, mpi_options options = {}) {
  detail::mpi_meeting meeting(all, options);
  auto const fail = [&](std::string const& message) {
    if (!meeting.failed() && !meeting.tell(message)) {
      if (last_words) last_words("rank " + std::to_string(meeting.rank()) + " failed: " + message);
      MPI_Abort(all, 1);
    }
    if (meeting.culprit() && *meeting.culprit() != meeting.rank()) throw communicator_error(meeting.failure());
  };
  try {
    body(mpi_communicator(meeting));
    meeting.agree(detail::mpi_meeting::step::end, 0);
  } catch (std::exception const& e) {
    fail(e.what());
    throw;
  } catch (...) {
    fail("unknown exception");
    throw;
  }
}

}  // namespace sidera::inline SIDERA_ABI
