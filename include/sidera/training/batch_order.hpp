// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <numeric>
#include <sidera/core/error.hpp>
#include <sidera/core/random.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What becomes of the rows that do not fill a batch at the end of an epoch.
enum class last_batch { keep, drop };

/// In which order an epoch visits the rows, cut into batches: a function of the seed (or the stream) and the epoch
/// alone, so that training can go on from the middle of an epoch on another machine. It is
/// stream.fork(epoch).permutation(rows).
class batch_order {
 public:
  /// Throws value_error unless there are rows and `batch` > 0, and when `last_batch::drop` would leave no batch.
  batch_order(std::size_t rows, std::size_t batch, std::uint64_t seed, last_batch last = last_batch::keep)
      : batch_order(rows, batch, random_stream(seed, 0x6F72646572), last) {}
  batch_order(std::size_t rows, std::size_t batch, random_stream stream, last_batch last = last_batch::keep)
      : batch_(batch), stream_(stream), order_(rows) {
    if (rows == 0) throw value_error("batch_order", "there are no rows");
    if (batch == 0) throw value_error("batch_order", "the batch is 0");
    if (last == last_batch::drop && rows < batch)
      throw value_error("batch_order", std::to_string(rows) + " rows do not fill a batch of " + std::to_string(batch));
    batches_ = last == last_batch::drop ? rows / batch : rows / batch + (rows % batch != 0 ? 1 : 0);
    start(0);
  }

  /// Shuffles for epoch `epoch` (Fisher-Yates); allocates nothing.
  void start(std::size_t epoch) noexcept {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    random_stream const own = stream_.fork(epoch);
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[own.below(i, i)]);
  }

  /// The rows of batch `i` < batches() of the epoch that was started last.
  [[nodiscard]] std::span<std::size_t const> operator[](std::size_t i) const noexcept {
    std::size_t const begin = i * batch_;
    return {order_.data() + begin, std::min(batch_, order_.size() - begin)};
  }
  [[nodiscard]] std::size_t batches() const noexcept { return batches_; }
  [[nodiscard]] std::size_t batch() const noexcept { return batch_; }
  [[nodiscard]] std::size_t rows() const noexcept { return order_.size(); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return stream_.seed(); }

 private:
  std::size_t batch_, batches_ = 0;
  random_stream stream_;
  std::vector<std::size_t> order_;
};

}  // namespace sidera::inline SIDERA_ABI
