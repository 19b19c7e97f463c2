// SPDX-License-Identifier: MIT
#pragma once
/// \file  What ranks with rows of their own have to know of one another's views.
#include <sidera/communicators/row_shares.hpp>
#include <sidera/communicators/sum_over.hpp>
#include <sidera/disentangling/paired_views.hpp>
#include <sidera/quantizers/view_scaling.hpp>

namespace sidera::inline SIDERA_ABI {

/// The views of all ranks together.
class view_survey {
 public:
  /// `rows` of this rank's `views` (0: the views are not looked at), in clips of `time`; `flags` as of
  /// detail::checked_flags. Throws shape_error, on every rank, when no rank has rows, when two ranks with rows have
  /// other widths, or when all rows lack a view.
  template <Scalar T, Communicator C>
  view_survey(C const& ranks, std::vector<matrix<T>> const& views, presence_flags const& flags, std::size_t rows,
              std::size_t time, std::string_view where) {
    rank_message own;
    own.put(std::uint64_t{rows / time});
    own.put(std::uint64_t{rows == 0 ? 0 : views.size()});
    for (std::size_t m = 0; rows > 0 && m < views.size(); ++m) {
      own.put(std::uint64_t{column_count(views[m])});
      own.put(static_cast<std::uint64_t>(std::count(flags[m].begin(), flags[m].end(), 0)));
    }
    std::vector<std::size_t> counts, lacking;
    for (std::vector<std::byte>& bytes : ranks.gather(own.bytes())) {
      rank_message theirs(std::move(bytes));
      counts.push_back(theirs.number());
      add(theirs, counts.size() - 1, lacking, where);
    }
    clips_ = row_shares(counts);
    if (clips_.total() == 0) throw shape_error(where, "no rank has rows");
    for (std::size_t m = 0; m < widths_.size(); ++m) {
      if (lacking[m] == clips_.total() * time) throw shape_error(where, "all rows lack view " + to_text(m));
      gaps_.push_back(lacking[m] > 0);
    }
  }

  /// Who has which clips.
  [[nodiscard]] row_shares const& clips() const noexcept { return clips_; }
  [[nodiscard]] std::size_t views() const noexcept { return widths_.size(); }
  /// The views of a rank without rows.
  template <Scalar T>
  [[nodiscard]] std::vector<matrix<T>> no_rows() const {
    std::vector<matrix<T>> none;
    for (std::size_t const width : widths_) none.emplace_back(0, static_cast<index_t>(width));
    return none;
  }
  /// Whether some row of some rank lacks view m.
  [[nodiscard]] bool has_gaps(std::size_t m) const { return gaps_[m]; }

 private:
  /// Reads what rank `r` has put behind the number of its clips.
  void add(rank_message& theirs, std::size_t r, std::vector<std::size_t>& lacking, std::string_view where) {
    std::vector<std::size_t> widths(theirs.number());
    if (widths.empty()) return;
    lacking.resize(std::max(lacking.size(), widths.size()));
    for (std::size_t m = 0; m < widths.size(); ++m) {
      widths[m] = theirs.number();
      lacking[m] += theirs.number();
    }
    if (widths_.empty()) widths_ = widths;
    if (widths != widths_)
      throw shape_error(where, "rank " + to_text(r) + " has views of " + text(widths) +
                                   " columns, the ones before have views of " + text(widths_));
  }
  [[nodiscard]] static std::string text(std::vector<std::size_t> const& widths) {
    std::string all;
    for (std::size_t const w : widths) all += (all.empty() ? "" : ", ") + to_text(w);
    return all;
  }

  row_shares clips_;
  std::vector<std::size_t> widths_;
  std::vector<bool> gaps_;
};

/// \ref z_score_scaling of the rows of all ranks together, from exact sums: a function of the rows, whoever has which.
/// It may differ from that of z_score_scaling by rounding. Two sums over the ranks, of 568 bytes per column each.
template <Scalar T, Communicator C>
[[nodiscard]] view_transform<T> z_scores_over(C const& ranks, matrix<T> const& own) {
  std::int64_t rows[] = {own.rows()};
  ranks.sum(rows);
  auto const mean_over = [&](auto const& term_of) {
    std::vector<order_free_sum> sums(column_count(own));
    for (index_t i = 0; i < own.rows(); ++i)
      for (index_t d = 0; d < own.cols(); ++d)
        sums[static_cast<std::size_t>(d)].add(term_of(static_cast<double>(own(i, d)), d));
    std::vector<double> const totals = sum_over(ranks, std::move(sums));
    row_vector<double> means(own.cols());
    for (index_t d = 0; d < means.size(); ++d)
      means(d) = totals[static_cast<std::size_t>(d)] / static_cast<double>(rows[0]);
    return means;
  };
  row_vector<double> const mean = mean_over([](double x, index_t) { return x; });
  row_vector<double> variance = mean_over([&](double x, index_t d) { return (x - mean(d)) * (x - mean(d)); });
  detail::drop_rounding(variance, mean, static_cast<std::size_t>(rows[0]));
  return z_score_scaling::of<T>(mean, variance);
}

}  // namespace sidera::inline SIDERA_ABI
