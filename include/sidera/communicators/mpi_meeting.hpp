// SPDX-License-Identifier: MIT
#pragma once
/// \file  Where the ranks of an MPI job meet; see mpi.hpp.
#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <sidera/communicators/concepts.hpp>
#include <string_view>
#include <thread>

namespace sidera::inline SIDERA_ABI {

struct mpi_options {
  /// How long a rank that failed waits for the others to learn of it by themselves, before it ends them.
  std::chrono::milliseconds patience{5000};
  /// Larger messages are cut: MPI counts by int.
  std::size_t message_bytes = std::size_t{1} << 30;
};

namespace detail {

/// What the ranks of an MPI job agree on before every call: that nobody has failed, and that all make the same call.
class mpi_meeting {
 public:
  using step = rank_step;

  mpi_meeting(MPI_Comm all, mpi_options options) : options_(options) {
    require(MPI_Comm_dup(all, &comm_), "MPI_Comm_dup");  // no message of the user's can meet one of ours
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }
  ~mpi_meeting() { MPI_Comm_free(&comm_); }
  mpi_meeting(mpi_meeting const&) = delete;
  mpi_meeting& operator=(mpi_meeting const&) = delete;

  [[nodiscard]] std::size_t rank() const noexcept { return static_cast<std::size_t>(rank_); }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }
  /// All ranks know that the job has failed.
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  /// The rank whose failure is told, when this is known.
  [[nodiscard]] std::optional<std::size_t> culprit() const noexcept { return culprit_; }
  [[nodiscard]] std::string const& failure() const { return *failure_; }

  /// Returns when all ranks are about to take this step; throws communicator_error on all of them otherwise.
  void agree(step next, std::size_t length) {
    if (failed()) throw communicator_error(*failure_);
    start(0, next, length);
    require(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
    conclude({});
    if (failed()) throw communicator_error(*failure_);
  }

  /// Tells the others that this rank has failed; false when not all of them came to hear it in time.
  [[nodiscard]] bool tell(std::string_view message) noexcept try {
    start(size_ - rank_, step::end, 0);
    auto const end = std::chrono::steady_clock::now() + options_.patience;
    for (int complete = 0; complete == 0;) {
      require(MPI_Test(&request_, &complete, MPI_STATUS_IGNORE), "MPI_Test");
      if (complete == 0 && std::chrono::steady_clock::now() > end) return false;
      if (complete == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    conclude(message);
    return true;
  } catch (...) {
    return false;
  }

  template <class T>
  void reduce(std::span<T> values, step kind, MPI_Datatype type, MPI_Op operation) {
    agree(kind, values.size());
    for_each_part(values, [&](std::span<T> part) {
      require(MPI_Allreduce(MPI_IN_PLACE, part.data(), static_cast<int>(part.size()), type, operation, comm_),
              "MPI_Allreduce");
    });
  }

  [[nodiscard]] gathered_bytes gather(std::span<std::byte const> own) {
    agree(step::gather, 0);
    std::vector<std::uint64_t> sizes(size());
    std::uint64_t const mine = own.size();
    require(MPI_Allgather(&mine, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, comm_), "MPI_Allgather");
    gathered_bytes all(size());
    all[rank()].assign(own.begin(), own.end());
    for (std::size_t r = 0; r < size(); ++r) {
      all[r].resize(sizes[r]);
      broadcast(std::span(all[r]), static_cast<int>(r));
    }
    return all;
  }

 private:
  static void require(int code, std::string_view call) {
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw communicator_error(std::string(call) + ": " + std::string(text.data(), static_cast<std::size_t>(length)));
  }

  template <class T, class Use>
  void for_each_part(std::span<T> values, Use use) const {
    std::size_t const most = std::max<std::size_t>(1, options_.message_bytes / sizeof(T));
    for (std::size_t at = 0; at < values.size(); at += most)
      use(values.subspan(at, std::min(most, values.size() - at)));
  }

  void broadcast(std::span<std::byte> bytes, int from) const {
    for_each_part(bytes, [&](std::span<std::byte> part) {
      require(MPI_Bcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, from, comm_), "MPI_Bcast");
    });
  }

  /// The maxima over the ranks of these numbers tell the lowest rank that failed (as size - rank), and the extremes of
  /// steps and lengths. Non-blocking on all ranks: MPI never matches such a call with a blocking one.
  void start(std::int64_t failing, step next, std::size_t length) {
    auto const kind = static_cast<std::int64_t>(next), count = static_cast<std::int64_t>(length);
    own_ = {failing, kind, -kind, count, -count};
    require(MPI_Iallreduce(own_.data(), most_.data(), static_cast<int>(own_.size()), MPI_INT64_T, MPI_MAX, comm_,
                           &request_),
            "MPI_Iallreduce");
  }

  void conclude(std::string_view own_message) {
    if (most_[0] > 0)
      hear(size_ - static_cast<int>(most_[0]), own_message);
    else if (most_[1] != -most_[2])
      failure_ = "the ranks make different calls";
    else if (most_[3] != -most_[4])
      failure_ =
          "the ranks bring between " + std::to_string(-most_[4]) + " and " + std::to_string(most_[3]) + " numbers";
  }

  void hear(int from, std::string_view own_message) {
    std::uint64_t length = own_message.size();
    broadcast(std::as_writable_bytes(std::span(&length, 1)), from);
    std::string message(from == rank_ ? own_message : std::string_view{});
    message.resize(length);
    broadcast(std::as_writable_bytes(std::span(message)), from);
    culprit_ = static_cast<std::size_t>(from);
    failure_ = "rank " + std::to_string(from) + " failed: " + message;
  }

  mpi_options options_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  MPI_Request request_ = MPI_REQUEST_NULL;
  std::array<std::int64_t, 5> own_{}, most_{};  ///< members: an exchange that is given up goes on into them
  std::optional<std::size_t> culprit_;
  std::optional<std::string> failure_;
};

}  // namespace detail

}  // namespace sidera::inline SIDERA_ABI
