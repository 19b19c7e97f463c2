// SPDX-License-Identifier: MIT
#pragma once
/// \file  From interactions to labelled questions.
#include <sidera/core/executor.hpp>
#include <sidera/interest/negative_sampler.hpp>
#include <sidera/interest/ranking_batch.hpp>
#include <sidera/interest/user_histories.hpp>

namespace sidera::inline SIDERA_ABI {

/// Questions with their answers.
struct ranking_samples {
  ranking_batch questions;
  std::vector<code_t> label;  ///< 1: taken, 0: not taken

  [[nodiscard]] std::size_t size() const noexcept { return label.size(); }

  /// The rows whose numbers are given, in that order.
  [[nodiscard]] ranking_batch rows(std::span<std::size_t const> which) const {
    ranking_batch out;
    out.history.resize(static_cast<index_t>(which.size()), questions.history.cols());
    for (std::size_t i = 0; i < which.size(); ++i) {
      out.history.row(static_cast<index_t>(i)) = questions.history.row(static_cast<index_t>(which[i]));
      out.target.push_back(questions.target[which[i]]);
      out.user.push_back(questions.user[which[i]]);
    }
    return out;
  }
};

/// Throws shape_error unless there is a history, a target, a user (no_code where nobody is named) and a label for every
/// sample, value_error with the row of a label that is neither 0 nor 1.
inline void require_samples(ranking_samples const& samples, std::string_view function) {
  auto const check = [&](std::size_t length, char const* what) {
    if (length != samples.size())
      throw shape_error(function, "there are " + std::to_string(length) + " " + what + " and " +
                                      std::to_string(samples.size()) + " labels");
  };
  check(row_count(samples.questions.history), "histories");
  check(samples.questions.target.size(), "targets");
  check(samples.questions.user.size(), "users");
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (samples.label[i] != 0 && samples.label[i] != 1)
      throw value_error(
          function, "row " + std::to_string(i) + " has label " + std::to_string(samples.label[i]) + ", expected 0 or 1",
          i);
}

/// How interactions become questions.
struct sample_options {
  std::size_t history = 20;   ///< places of a history
  std::size_t negatives = 1;  ///< per interaction
  negative_rule rule = negative_rule::popularity;
  std::uint64_t seed = 0;
};

/// A question for every interaction of one part and `negatives` for items that the user did not take, with the same
/// history: first the positive, then its negatives. The history holds neither the positive item nor any of the
/// negative ones.
///
/// Equal table, options and `round` (an epoch) give equal samples: for evaluation keep the round, for training count
/// it. Negatives of the training part avoid training items only, those of the other parts whatever the user took.
/// Throws value_error for a user who took all items, and what require_table throws.
[[nodiscard]] inline ranking_samples make_samples(interaction_table const& table, data_part part,
                                                  sample_options const& options, std::uint64_t round = 0) {
  require_table(table, "make_samples");
  user_histories const histories(table, options.history);
  negative_sampler const draw(table, options.rule, part != data_part::train);
  random_stream const stream =
      random_stream(options.seed, 0x73616D70).fork(static_cast<std::uint64_t>(part)).fork(round);
  std::size_t const group = 1 + options.negatives;
  ranking_samples out;
  out.questions.history.resize(static_cast<index_t>(table.count(part) * group), static_cast<index_t>(options.history));
  std::vector<code_t> hidden, places(options.history);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    interaction const& row = table.rows[i];
    if (row.part != part) continue;
    auto const user = static_cast<std::size_t>(row.user);
    hidden = draw(user, options.negatives, stream.fork(2 * i));
    hidden.insert(hidden.begin(), row.item);
    histories.fill(user, hidden, row.time, stream.fork(2 * i + 1), places);
    for (std::size_t j = 0; j < group; ++j) {
      std::copy(places.begin(), places.end(),
                out.questions.history.data() + static_cast<index_t>(out.size() * options.history));
      out.questions.target.push_back(hidden[j]);
      out.questions.user.push_back(row.user);
      out.label.push_back(j == 0 ? 1 : 0);
    }
  }
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
