// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/communicators/check_on_ranks.hpp>
#include <sidera/communicators/row_shares.hpp>
#include <sidera/interest/ranking_samples.hpp>

namespace sidera::inline SIDERA_ABI {

/// Samples that are spread over ranks, numbered rank by rank.
template <Communicator C>
class spread_samples {
 public:
  /// `own` must outlive it. Throws shape_error, on every rank, when lists of a rank have different lengths, or two
  /// ranks with samples histories of different lengths.
  spread_samples(ranking_samples const& own, C const& ranks, std::string_view function) : own_(own), ranks_(ranks) {
    check_on_ranks(ranks, [&] { require_samples(own, function); });
    rank_message mine;
    mine.put(std::uint64_t{own.size()});
    mine.put(std::uint64_t{own.questions.time()});
    std::vector<std::size_t> counts;
    for (std::vector<std::byte>& bytes : ranks.gather(mine.bytes())) {
      rank_message theirs(std::move(bytes));
      counts.push_back(theirs.number());
      std::size_t const time = theirs.number();
      if (counts.back() == 0) continue;
      if (known_ && time != time_)
        throw shape_error(function, "rank " + std::to_string(counts.size() - 1) + " has histories of " +
                                        std::to_string(time) + " places, the ones before of " + std::to_string(time_));
      time_ = time, known_ = true;
    }
    shares_ = row_shares(counts);
  }

  /// Of all ranks together.
  [[nodiscard]] std::size_t size() const noexcept { return shares_.total(); }

  /// The samples whose numbers are given, in that order, on every rank; all ranks ask for the same ones. A sample is
  /// 4 (time + 3) bytes.
  [[nodiscard]] ranking_samples batch(std::span<std::size_t const> wanted) const {
    ranking_samples out;
    out.questions.history.resize(static_cast<index_t>(wanted.size()), static_cast<index_t>(time_));
    auto const take = [&](rank_message& from, std::size_t place) {
      from.numbers(row_span(out.questions.history, static_cast<index_t>(place)));
      out.questions.target.push_back(from.number<code_t>());
      out.questions.user.push_back(from.number<code_t>());
      out.label.push_back(from.number<code_t>());
    };
    exchange_rows(
        ranks_, shares_, wanted, [&](rank_message& to, std::size_t row) { put(to, row); }, take);
    return out;
  }

 private:
  void put(rank_message& to, std::size_t row) const {
    to.put_all(row_span(own_.questions.history, static_cast<index_t>(row)));
    to.put(own_.questions.target[row]);
    to.put(own_.questions.user[row]);
    to.put(own_.label[row]);
  }

  ranking_samples const& own_;
  C const& ranks_;
  row_shares shares_;
  std::size_t time_ = 0;
  bool known_ = false;  ///< time_ is that of a rank with samples
};

}  // namespace sidera::inline SIDERA_ABI
