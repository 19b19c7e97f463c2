// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <future>
#include <sidera/core/executor.hpp>
#include <sidera/core/row_source.hpp>

namespace sidera::inline SIDERA_ABI {

/// Goes through a source in blocks, in order or in any other, and reads the next block while the caller works on one.
/// Memory: two blocks.
template <Scalar T, RowSource<T> S>
class row_blocks {
 public:
  row_blocks(S const& source, std::size_t block_rows, bool read_ahead)
      : source_(source), blocks_{source.rows(), block_rows}, read_ahead_(read_ahead) {}

  [[nodiscard]] std::size_t rows() const noexcept { return blocks_.size; }
  [[nodiscard]] std::size_t columns() const { return source_.columns(); }

  /// Calls `use(first, rows)` for every block. Throws what the source throws, and value_error for a NaN or an infinity,
  /// which says where the row is. With `checked` the rows are known to have none.
  template <class Use>
  void for_each(std::string_view function, Use use, bool checked = false) const {
    std::array<matrix<T>, 2> buffers;
    auto const read = [&](std::size_t b) {
      fill(b, buffers[b % 2]);
      if (!checked) check(b, buffers[b % 2], function);
    };
    take_turns(blocks_.count(), read, [&](std::size_t b) { use(blocks_.begin(b), matrix_cref<T>(buffers[b % 2])); });
  }

  /// Calls `use(b, numbers, rows)` for every batch: rows by their numbers, numbers(b), which ascend and are at most as
  /// many as the batch is long. Checks nothing. As many batches as make a block are read together, because a thread
  /// that reads a single one takes longer to start than to read.
  template <class Numbers, class Use>
  void for_each_batch(block_partition const& batches, Numbers const& numbers, Use use) const {
    struct some_batches {
      std::vector<std::size_t> numbers, ends;
      matrix<T> rows;
    };
    std::array<some_batches, 2> buffers;
    block_partition const turns{batches.count(), std::max<std::size_t>(1, blocks_.block / batches.block)};
    auto const read = [&](std::size_t turn) {
      some_batches& to = buffers[turn % 2];
      to.numbers.clear(), to.ends.clear();
      for (std::size_t i = 0; i < turns.length(turn); ++i) {
        std::vector<std::size_t> const more = numbers(turns.begin(turn) + i);
        to.numbers.insert(to.numbers.end(), more.begin(), more.end());
        to.ends.push_back(to.numbers.size());
      }
      gather(to.numbers, to.rows);
    };
    take_turns(turns.count(), read, [&](std::size_t turn) {
      some_batches const& from = buffers[turn % 2];
      for (std::size_t i = 0, begin = 0; i < from.ends.size(); begin = from.ends[i++]) {
        std::size_t const size = from.ends[i] - begin;
        use(turns.begin(turn) + i, std::span(from.numbers).subspan(begin, size),
            matrix_cref<T>(from.rows.middleRows(static_cast<index_t>(begin), static_cast<index_t>(size))));
      }
    });
  }

 private:
  /// use(0), use(1), ..., each after its read; the read of the next one at the same time, if that is wanted.
  template <class Read, class Use>
  void take_turns(std::size_t count, Read const& read, Use const& use) const {
    if (count > 0) read(0);
    for (std::size_t b = 0; b < count; ++b) {
      std::future<void> next;  // waits in its destructor, also when `use` throws
      bool const more = b + 1 < count;
      auto const read_next = [&] { read(b + 1); };
      if (more && read_ahead_) next = std::async(std::launch::async, read_next);
      use(b);
      if (more && read_ahead_) next.get();
      if (more && !read_ahead_) read_next();
    }
  }

  /// Neighbours are read together.
  void gather(std::span<std::size_t const> numbers, matrix<T>& out) const {
    out.resize(static_cast<index_t>(numbers.size()), static_cast<index_t>(columns()));
    for (std::size_t i = 0, next = 0; i < numbers.size(); i = next) {
      for (next = i + 1; next < numbers.size() && numbers[next] == numbers[next - 1] + 1;) ++next;
      source_.read(numbers[i], out.middleRows(static_cast<index_t>(i), static_cast<index_t>(next - i)));
    }
  }
  void fill(std::size_t b, matrix<T>& out) const {
    out.resize(static_cast<index_t>(blocks_.length(b)), static_cast<index_t>(columns()));
    source_.read(blocks_.begin(b), out);
  }
  void check(std::size_t b, matrix<T>& rows, std::string_view function) const {
    for (index_t i = 0; i < rows.rows(); ++i) {
      auto const row = row_span(rows, i);
      if (!all_finite(std::span<T const>(row))) refuse(blocks_.begin(b) + static_cast<std::size_t>(i), row, function);
    }
  }

  [[noreturn]] void refuse(std::size_t number, std::span<T const> row, std::string_view function) const {
    std::size_t d = 0;
    while (std::isfinite(row[d])) ++d;
    throw value_error(function,
                      detail::name_of_row(source_, number) + " has " + (std::isnan(row[d]) ? "a NaN" : "an infinity") +
                          " in column " + std::to_string(d),
                      number);
  }

  S const& source_;
  block_partition blocks_;
  bool read_ahead_;
};

}  // namespace sidera::inline SIDERA_ABI
