// SPDX-License-Identifier: MIT
#pragma once
/// \file  Ranks that are threads of this process.
#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <sidera/communicators/concepts.hpp>
#include <string_view>
#include <thread>
#include <utility>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Where the ranks of one process meet.
class rank_meeting {
 public:
  explicit rank_meeting(std::size_t size) : steps_(size), parts_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }

  /// Leaves `part` for the others and returns the parts of all ranks once all are there, to take the same step. Throws
  /// communicator_error, on all of them, when they are not.
  gathered_bytes exchange(std::size_t rank, rank_step step, std::span<std::byte const> part) {
    std::unique_lock lock(mutex_);
    require_alive();
    steps_[rank] = step;
    parts_[rank].assign(part.begin(), part.end());
    if (++arrived_ == size()) {
      require_agreement();
      arrived_ = 0;
      complete_ = std::make_shared<gathered_bytes const>(std::exchange(parts_, gathered_bytes(size())));
      ++round_;
      wake_.notify_all();
      return *complete_;
    }
    std::size_t const round = round_;
    wake_.wait(lock, [&] { return round_ != round || failed_; });
    if (round_ == round) require_alive();
    return *complete_;  // of this round: the next one cannot end without this rank
  }

  /// Ends all calls under way and to come.
  void fail(std::size_t rank, std::exception_ptr error, std::string message) {
    std::lock_guard const lock(mutex_);
    if (failed_) return;  // what follows from the first failure is not told
    end_all(std::move(error), "rank " + std::to_string(rank) + " failed: " + message);
  }

  [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }

 private:
  void require_alive() const {
    if (failed_) throw communicator_error(message_);
  }

  void end_all(std::exception_ptr error, std::string message) {
    failed_ = true;
    error_ = std::move(error);
    message_ = std::move(message);
    wake_.notify_all();
  }

  /// What rank `r` is about to do, for messages.
  [[nodiscard]] std::string deed(std::size_t r) const {
    constexpr std::string_view names[] = {"calls sum", "calls max", "calls gather", "has ended"};
    bool const counts = steps_[r] == rank_step::sum || steps_[r] == rank_step::max;
    return "rank " + std::to_string(r) + " " + std::string(names[static_cast<std::size_t>(steps_[r])]) +
           (counts ? " with " + std::to_string(parts_[r].size()) + " bytes" : "");
  }
  void require_agreement() {
    for (std::size_t r = 1; r < size(); ++r) {
      bool const lengths_matter = steps_[0] != rank_step::gather;
      if (steps_[r] == steps_[0] && (!lengths_matter || parts_[r].size() == parts_[0].size())) continue;
      std::string const message = "the ranks make different calls: " + deed(0) + ", " + deed(r);
      end_all(std::make_exception_ptr(communicator_error(message)), message);
      require_alive();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<rank_step> steps_;
  gathered_bytes parts_;
  std::shared_ptr<gathered_bytes const> complete_;
  std::size_t arrived_ = 0, round_ = 0;
  bool failed_ = false;
  std::exception_ptr error_;
  std::string message_;
};

}  // namespace detail

/// One of the ranks that \ref run_ranks started.
class thread_communicator {
 public:
  thread_communicator(detail::rank_meeting& meeting, std::size_t rank) noexcept : meeting_(&meeting), rank_(rank) {}

  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::size_t size() const noexcept { return meeting_->size(); }
  void sum(std::span<std::int64_t> values) const {
    combine(detail::rank_step::sum, values, [](std::int64_t a, std::int64_t b) { return a + b; });
  }
  void max(std::span<double> values) const {
    combine(detail::rank_step::max, values, [](double a, double b) { return std::max(a, b); });
  }
  [[nodiscard]] gathered_bytes gather(std::span<std::byte const> bytes) const {
    return meeting_->exchange(rank_, detail::rank_step::gather, bytes);
  }

 private:
  template <class T, class F>
  void combine(detail::rank_step step, std::span<T> values, F f) const {
    gathered_bytes const all = meeting_->exchange(rank_, step, std::as_bytes(values));
    for (std::size_t r = 0; r < all.size(); ++r)
      for (std::size_t i = 0; i < values.size(); ++i) {
        T part;
        std::copy_n(all[r].begin() + static_cast<std::ptrdiff_t>(i * sizeof(T)), sizeof(T),
                    reinterpret_cast<std::byte*>(&part));
        values[i] = r == 0 ? part : f(values[i], part);
      }
  }

  detail::rank_meeting* meeting_;
  std::size_t rank_;
};
static_assert(Communicator<thread_communicator>);

/// Calls `body(communicator)` on `ranks` threads and returns when all have ended. Throws what the first rank that
/// failed threw; the others end as soon as they call their communicator. Throws communicator_error, which names two of
/// them, when ranks make different calls, with different lengths, or when one ends while others call. So no call waits
/// for ever; a body that loops without calling does.
inline void run_ranks(std::size_t ranks, std::function<void(thread_communicator const&)> const& body) {
  detail::rank_meeting meeting(ranks);
  std::vector<std::thread> threads;
  auto const join = [&] {
    for (std::thread& t : threads) t.join();
  };
  try {
    for (std::size_t r = 0; r < ranks; ++r)
      threads.emplace_back([&meeting, &body, r] {
        try {
          body(thread_communicator(meeting, r));
          meeting.exchange(r, detail::rank_step::end, {});
        } catch (std::exception const& e) {
          meeting.fail(r, std::current_exception(), e.what());
        } catch (...) {
          meeting.fail(r, std::current_exception(), "unknown exception");
        }
      });
  } catch (std::exception const& e) {  // no more threads: the ranks that run must not wait for the others
    meeting.fail(threads.size(), std::current_exception(), e.what());
  }
  join();
  if (meeting.error()) std::rethrow_exception(meeting.error());
}

}  // namespace sidera::inline SIDERA_ABI
