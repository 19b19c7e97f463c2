// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Each word moves towards the mean of its members in the batch by 1 / (members so far), so that it is always the mean
/// of all rows it was ever given (Sculley, "Web-scale k-means clustering", WWW 2010, algorithm 1).
template <class Representative>
struct basic_mini_batch {
  using representative_type = Representative;
  static constexpr std::string_view name =
      std::same_as<Representative, representative::mean> ? "mini_batch" : "spherical_mini_batch";

  std::size_t batch_size = 1024;  ///< 0: all rows

  void save(field_set& f) const { f.metadata["batch_size"] = to_text(batch_size); }

  template <Scalar T>
  class state {
   public:
    state(basic_mini_batch const&, codebook<T> const& book) : seen_(book.size(), 0) {}

    void update(codebook<T>& book, pass_statistics<T> const& pass) {
      for (std::size_t j = 0; j < book.size(); ++j) {
        auto const count = static_cast<double>(pass.counts()[j]);
        if (count == 0) continue;
        seen_[j] += count;
        double const rate = 1 / seen_[j];
        auto const word = row_span(book.words, static_cast<index_t>(j));
        for (std::size_t d = 0; d < word.size(); ++d) {
          auto const old = static_cast<double>(word[d]);
          word[d] = static_cast<T>(old + rate * (pass.sum(j, d) - count * old));
        }
        Representative::from_mean(word);
      }
    }
    void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
      update(book, pass_statistics<T>::of(x, codes, book.size()));
    }
    void reset_word(codebook<T> const&, std::size_t j) { seen_[j] = 0; }

    /// The members so far, a number per word.
    [[nodiscard]] std::vector<double> numbers() const { return seen_; }
    void set_numbers(std::span<double const> all) {
      if (all.size() != seen_.size())
        throw shape_error("mini_batch::set_numbers",
                          std::to_string(all.size()) + " numbers, expected " + std::to_string(seen_.size()));
      seen_.assign(all.begin(), all.end());
    }

   private:
    std::vector<double> seen_;
  };
};

using mini_batch = basic_mini_batch<representative::mean>;
using spherical_mini_batch = basic_mini_batch<representative::normalized_mean>;

static_assert(UpdateRule<mini_batch> && UpdateRule<spherical_mini_batch>);

}  // namespace sidera::inline SIDERA_ABI
