// SPDX-License-Identifier: MIT
#pragma once
/// \file  Where blocks of work run. How the work is cut depends on the data alone, so no result depends on the
/// executor.
#include <concepts>
#include <cstddef>
#include <memory>
#include <sidera/core/config.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// A reference to a callable `void(block, worker)`; it does not own what it refers to.
class block_task {
 public:
  template <class F>
  requires std::invocable<F&, std::size_t, std::size_t> &&
      (!std::same_as<std::remove_cvref_t<F>, block_task>)block_task(F&& f) noexcept  // NOLINT: implicit on purpose
      : object_(const_cast<void*>(static_cast<void const*>(std::addressof(f)))),
        call_([](void* object, std::size_t block, std::size_t worker) {
          (*static_cast<std::remove_reference_t<F>*>(object))(block, worker);
        }) {}

  void operator()(std::size_t block, std::size_t worker) const { call_(object_, block, worker); }

 private:
  void* object_;
  void (*call_)(void*, std::size_t, std::size_t);
};

/// Runs blocks of work.
///
/// Syntax:    `e.run(count, task)`  calls `task(block, worker)` once for each block in 0 .. count - 1
///            `e.concurrency()`     how many calls may be under way at once
/// Semantics: `run` returns when all calls have returned. Calls with the same `worker` never overlap, and
///            worker < concurrency(): scratch memory is kept per worker. An exception of a task is rethrown by `run`
///            (the one of the lowest block) after all other blocks have ended.
/// Models:    \ref serial_executor, \ref thread_pool.
template <class E>
concept Executor = requires(E& e, std::size_t count, block_task task) {
  { e.run(count, task) } -> std::same_as<void>;
  { e.concurrency() } -> std::convertible_to<std::size_t>;
};

/// The calling thread does everything, in order.
struct serial_executor {
  void run(std::size_t count, block_task task) const {
    for (std::size_t block = 0; block < count; ++block) task(block, 0);
  }
  [[nodiscard]] std::size_t concurrency() const noexcept { return 1; }
};
static_assert(Executor<serial_executor>);

/// What functions take: a reference to any executor, or the serial one by default. Cheap to copy.
class executor_ref {
 public:
  executor_ref() noexcept = default;

  template <Executor E>
  requires(!std::same_as<std::remove_cvref_t<E>, executor_ref>) executor_ref(E& e)
  noexcept  // NOLINT: implicit on purpose
      : object_(const_cast<void*>(static_cast<void const*>(std::addressof(e)))),
        run_([](void* object, std::size_t count, block_task task) { static_cast<E*>(object)->run(count, task); }),
        concurrency_(e.concurrency()) {}

  void run(std::size_t count, block_task task) const {
    if (run_ == nullptr || count <= 1)
      serial_executor{}.run(count, task);
    else
      run_(object_, count, task);
  }
  [[nodiscard]] std::size_t concurrency() const noexcept { return concurrency_; }

 private:
  void* object_ = nullptr;
  void (*run_)(void*, std::size_t, block_task) = nullptr;
  std::size_t concurrency_ = 1;
};

/// `size` rows in blocks of `block` rows (the last one may be shorter): the cut depends on the data alone. For any
/// `size` and any `block` of at least 1; begin() and length() are for i < count().
struct block_partition {
  std::size_t size;
  std::size_t block;

  [[nodiscard]] std::size_t count() const noexcept { return size == 0 ? 0 : (size - 1) / block + 1; }
  [[nodiscard]] std::size_t begin(std::size_t i) const noexcept { return i * block; }
  [[nodiscard]] std::size_t length(std::size_t i) const noexcept {
    std::size_t const left = size - begin(i);
    return left < block ? left : block;
  }
};

}  // namespace sidera::inline SIDERA_ABI
