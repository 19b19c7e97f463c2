// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/update_rules/concepts.hpp>
#include <sidera/update_rules/ema_state.hpp>

namespace sidera::inline SIDERA_ABI {

/// Exponential moving averages of counts and sums (van den Oord et al. 2017, appendix A.1):
///   N <- decay N + (1 - decay) n,  N <- (N + epsilon) / (sum N + K epsilon) sum N,
///   W <- decay W + (1 - decay) s,  word <- W / N for the words with members in the batch.
/// Counts start at one and sums at the words: a start at zero throws unused words far away after one step.
template <class Representative>
struct basic_ema {
  using representative_type = Representative;
  static constexpr std::string_view name = std::same_as<Representative, representative::mean> ? "ema" : "spherical_ema";

  double decay = 0.99;
  double epsilon = 1e-5;          ///< Laplace smoothing of the counts; 0: none
  std::size_t batch_size = 1024;  ///< 0: all rows

  void save(field_set& f) const {
    f.metadata["ema.decay"] = to_text(decay);
    f.metadata["ema.epsilon"] = to_text(epsilon);
    f.metadata["batch_size"] = to_text(batch_size);
  }

  template <Scalar T>
  class state {
   public:
    /// Throws value_error for numbers that are no moving average.
    state(basic_ema const& rule, codebook<T> const& book) : rule_(rule), averages_(book, 1.0) {
      require_averaging(rule.decay, rule.epsilon, name);
    }

    void update(codebook<T>& book, pass_statistics<T> const& pass) {
      averages_.decay_counts(rule_.decay, pass.counts());
      averages_.smooth(rule_.epsilon);
      for (std::size_t j = 0; j < book.size(); ++j) {
        averages_.decay_sum(j, rule_.decay, [&](std::size_t d) { return pass.sum(j, d); });
        if (pass.counts()[j] == 0) continue;
        auto const word = row_span(book.words, static_cast<index_t>(j));
        averages_.template write_word<T>(j, word);
        Representative::from_mean(word);
      }
    }
    void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
      update(book, pass_statistics<T>::of(x, codes, book.size()));
    }
    void reset_word(codebook<T> const& book, std::size_t j) { averages_.restart(book, j, 1.0); }
    [[nodiscard]] std::vector<double> numbers() const { return averages_.numbers(); }
    void set_numbers(std::span<double const> all) { averages_.set_numbers(all); }

    [[nodiscard]] ema_averages const& averages() const noexcept { return averages_; }
    [[nodiscard]] ema_averages& averages() noexcept { return averages_; }

   private:
    basic_ema rule_;
    ema_averages averages_;
  };
};

using ema = basic_ema<representative::mean>;
using spherical_ema = basic_ema<representative::normalized_mean>;

static_assert(UpdateRule<ema> && UpdateRule<spherical_ema>);

}  // namespace sidera::inline SIDERA_ABI
