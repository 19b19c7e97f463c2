// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <sidera/core/check.hpp>
#include <sidera/core/random.hpp>
#include <sidera/interest/interaction_table.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// How items that a user did not take are drawn.
enum class negative_rule : std::uint8_t {
  popularity,  ///< in proportion to 1 + training interactions: popularity alone tells nothing about the label
  uniform,     ///< every item alike: most of what a model learns is which items are popular
};

/// Draws items that a user has not taken, by a stream: same stream, same items.
///
/// Items that the user took in one of the `known` parts are never drawn. For training those are the training
/// interactions only: to avoid the test items as well would tell the model which they are.
class negative_sampler {
 public:
  /// Throws what require_table throws.
  negative_sampler(interaction_table const& table, negative_rule rule, bool knows_all_parts)
      : taken_(table.users), cumulative_(table.items) {
    require_table(table, "negative_sampler");
    for (interaction const& row : table.rows)
      if (knows_all_parts || row.part == data_part::train)
        taken_[static_cast<std::size_t>(row.user)].push_back(row.item);
    for (auto& items : taken_) std::sort(items.begin(), items.end());
    auto const counts = table.training_counts();
    std::size_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
      cumulative_[i] = sum += rule == negative_rule::popularity ? counts[i] + 1 : 1;
  }

  /// `count` items, which may repeat. Throws value_error for a user who took every item, or whom there is not.
  [[nodiscard]] std::vector<code_t> operator()(std::size_t user, std::size_t count, random_stream stream) const {
    require_index(user, taken_.size(), "negative_sampler", "user");
    std::vector<code_t> out;
    for (std::uint64_t draw = 0; !cumulative_.empty() && out.size() < count && draw < 64 * (count + 1); ++draw) {
      std::size_t const at = stream.below(draw, cumulative_.back());
      auto const item =
          static_cast<code_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
      if (!taken(user, item)) out.push_back(item);
    }
    for (std::uint64_t i = 0; out.size() < count; ++i) out.push_back(any_other(user, stream.bits(~i >> 2)));
    return out;
  }

  [[nodiscard]] bool taken(std::size_t user, code_t item) const {
    require_index(user, taken_.size(), "negative_sampler::taken", "user");
    return std::binary_search(taken_[user].begin(), taken_[user].end(), item);
  }

 private:
  /// For users who took nearly everything.
  [[nodiscard]] code_t any_other(std::size_t user, std::uint64_t bits) const {
    std::size_t const items = cumulative_.size();
    for (std::size_t i = 0; i < items; ++i)
      if (auto const item = static_cast<code_t>((bits + i) % items); !taken(user, item)) return item;
    throw value_error("negative_sampler",
                      "user " + std::to_string(user) + " took all " + std::to_string(items) + " items");
  }

  std::vector<std::vector<code_t>> taken_;  ///< per user, ascending
  std::vector<std::size_t> cumulative_;     ///< of the weights of the items
};

}  // namespace sidera::inline SIDERA_ABI
