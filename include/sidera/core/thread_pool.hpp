// SPDX-License-Identifier: MIT
#pragma once
/// \file  An executor with threads that live as long as the pool.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <sidera/core/executor.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Blocks are handed out by one atomic counter; the calling thread works too. `threads` = 0 takes all cores.
///
/// `run` may be called from one thread at a time; a task must not call `run` of the same pool.
class thread_pool {
 public:
  explicit thread_pool(std::size_t threads = 0)
      : concurrency_(threads != 0 ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency())) {
    workers_.reserve(concurrency_ - 1);
    try {
      for (std::size_t w = 1; w < concurrency_; ++w) workers_.emplace_back([this, w] { serve(w); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~thread_pool() { stop(); }
  thread_pool(thread_pool const&) = delete;
  thread_pool& operator=(thread_pool const&) = delete;

  void run(std::size_t count, block_task task) {
    if (count == 0) return;
    {
      std::lock_guard const lock(mutex_);
      task_ = &task;
      count_ = count;
      next_.store(0, std::memory_order_relaxed);
      failed_block_ = std::numeric_limits<std::size_t>::max();
      failure_ = nullptr;
      busy_ = workers_.size();
      ++round_;
    }
    wake_.notify_all();
    work(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  [[nodiscard]] std::size_t concurrency() const noexcept { return concurrency_; }

 private:
  void work(std::size_t worker) {
    for (;;) {
      std::size_t const block = next_.fetch_add(1, std::memory_order_relaxed);
      if (block >= count_) return;
      try {
        (*task_)(block, worker);
      } catch (...) {
        std::lock_guard const lock(mutex_);
        if (block < failed_block_) failed_block_ = block, failure_ = std::current_exception();
      }
    }
  }

  void serve(std::size_t worker) {
    std::size_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
        if (stopping_) return;
        seen = round_;
      }
      work(worker);
      std::lock_guard const lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void stop() {
    {
      std::lock_guard const lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : workers_) t.join();
  }

  std::size_t concurrency_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::atomic<std::size_t> next_ = 0;
  block_task const* task_ = nullptr;
  std::size_t count_ = 0, busy_ = 0, round_ = 0;
  std::size_t failed_block_ = 0;
  std::exception_ptr failure_;
  bool stopping_ = false;
};
static_assert(Executor<thread_pool>);

}  // namespace sidera::inline SIDERA_ABI
