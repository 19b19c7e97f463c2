// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/sequence_shape.hpp>
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {

/// One flag per row and view, not 0: the row has the view. An empty list: all rows have it.
using presence_flags = std::vector<std::vector<std::uint8_t>>;

namespace detail {

template <Scalar T>
[[nodiscard]] matrix<T> flagged_rows(matrix<T> const& x, std::vector<std::uint8_t> const& flags) {
  if (flags.empty()) return x;
  matrix<T> kept(std::count_if(flags.begin(), flags.end(), [](std::uint8_t f) { return f != 0; }), x.cols());
  index_t to = 0;
  for (index_t i = 0; i < x.rows(); ++i)
    if (flags[static_cast<std::size_t>(i)] != 0) kept.row(to++) = x.row(i);
  return kept;
}

template <Scalar T>
void clear_other_rows(matrix<T>& x, std::vector<std::uint8_t> const& flags) {
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i] == 0) x.row(static_cast<index_t>(i)).setZero();
}

}  // namespace detail

/// Some clips of several views on a tape. Must stay where it is until the tape is reset.
template <Scalar T>
class clip_batch {
 public:
  /// The rows of `clips`, clip after clip; a clip is `time` rows.
  clip_batch(tape<T>& t, std::vector<matrix<T>> const& views, presence_flags const& flags,
             std::span<std::size_t const> clips, std::size_t time)
      : shape_{clips.size(), time}, flags_(views.size()) {
    for (std::size_t m = 0; m < views.size(); ++m) {
      matrix<T> rows(static_cast<index_t>(shape_.rows()), views[m].cols());
      for (std::size_t i = 0; i < shape_.rows(); ++i) {
        std::size_t const from = clips[i / time] * time + i % time;
        rows.row(static_cast<index_t>(i)) = views[m].row(static_cast<index_t>(from));
        if (!flags[m].empty()) flags_[m].push_back(flags[m][from]);
      }
      x_.push_back(t.constant(rows));
    }
    present_.assign(flags_.begin(), flags_.end());
  }
  clip_batch(clip_batch const&) = delete;
  clip_batch& operator=(clip_batch const&) = delete;

  [[nodiscard]] sequence_shape shape() const noexcept { return shape_; }
  [[nodiscard]] std::vector<variable<T>> const& x() const noexcept { return x_; }
  [[nodiscard]] std::vector<mask_view> const& present() const noexcept { return present_; }

 private:
  sequence_shape shape_;
  presence_flags flags_;
  std::vector<variable<T>> x_;
  std::vector<mask_view> present_;
};

}  // namespace sidera::inline SIDERA_ABI
