// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/view_survey.hpp>
#include <sidera/training/spread_batches.hpp>

namespace sidera::inline SIDERA_ABI {

/// Rows of several views that are spread over ranks, in clips that are numbered rank by rank: as \ref held_views, where
/// all ranks make the same calls.
template <Scalar T, Communicator C>
class spread_views {
 public:
  /// Clips of some views that were brought together: all of `views`.
  struct batch_type {
    paired_views<T> views;
    std::vector<std::size_t> clips;
  };

  /// `own` are rows of this rank in clips of `time`, as many as `survey` was told of.
  spread_views(paired_views<T> own, view_survey survey, std::size_t time, C const& ranks)
      : own_(std::move(own)), survey_(std::move(survey)), time_(time), ranks_(ranks) {}

  /// Of all ranks together.
  [[nodiscard]] std::size_t clips() const noexcept { return survey_.clips().total(); }
  [[nodiscard]] paired_views<T> const& own() const noexcept { return own_; }

  /// These clips, in that order, on every rank. A clip is its numbers, and a byte for each view that some row lacks.
  [[nodiscard]] batch_type batch(std::span<std::size_t const> clips) const {
    batch_type out{{}, row_places(clips.size())};
    out.views.flags.resize(own_.x.size());
    for (matrix<T> const& x : own_.x) out.views.x.emplace_back(static_cast<index_t>(clips.size() * time_), x.cols());
    auto const put = [&](rank_message& to, std::size_t clip) {
      for (std::size_t m = 0; m < own_.x.size(); ++m) {
        to.put_all(numbers_of(own_.x[m], clip));
        if (survey_.has_gaps(m)) to.put(own_.flags[m].empty() ? std::uint8_t{1} : own_.flags[m][clip]);
      }
    };
    auto const take = [&](rank_message& from, std::size_t place) {
      for (std::size_t m = 0; m < own_.x.size(); ++m) {
        from.numbers(numbers_of(out.views.x[m], place));
        if (survey_.has_gaps(m)) out.views.flags[m].push_back(from.template number<std::uint8_t>());
      }
    };
    exchange_rows(ranks_, survey_.clips(), clips, put, take);
    return out;
  }

  /// What every rank computed from own(), rank after rank, on every rank.
  [[nodiscard]] matrix<T> together(matrix<T> const& rows) const {
    std::span<T const> const own(rows.data(), static_cast<std::size_t>(rows.size()));
    gathered_bytes parts = ranks_.gather(std::as_bytes(own));
    std::size_t bytes = 0;
    for (auto const& part : parts) bytes += part.size();
    matrix<T> all(static_cast<index_t>(bytes / (sizeof(T) * column_count(rows))), rows.cols());
    std::span<T> left(all.data(), static_cast<std::size_t>(all.size()));
    for (auto& part : parts) {
      std::size_t const count = part.size() / sizeof(T);
      rank_message(std::move(part)).numbers(left.first(count));
      left = left.subspan(count);
    }
    return all;
  }

  /// Names the rows of all ranks, as one rank that held all of them would.
  [[nodiscard]] std::uint64_t fingerprint() const {
    return detail::fingerprint_of(own_, survey_.clips().first(ranks_.rank()) * time_).over(ranks_);
  }

 private:
  template <class Matrix>
  [[nodiscard]] auto numbers_of(Matrix& x, std::size_t clip) const {
    std::size_t const size = time_ * column_count(x);
    return std::span(x.data() + clip * size, size);
  }

  paired_views<T> own_;
  view_survey survey_;
  std::size_t time_;
  C const& ranks_;
};

}  // namespace sidera::inline SIDERA_ABI
