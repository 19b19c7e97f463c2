// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/concepts.hpp>
#include <sidera/update_rules/ema_state.hpp>
#include <string>

namespace sidera::inline SIDERA_ABI {

/// The rows and codes of one modality in a batch. Row n of every modality belongs to the same moment; a row that lacks
/// the modality has \ref no_code.
template <Scalar T>
struct modality_batch {
  matrix_cref<T> const& x;
  std::span<code_t const> codes;
};

/// Multi-modal exponential moving average, MM-EMA (DCID, Xia et al., NeurIPS 2023, eq. 7): a code that one modality
/// chooses is pulled towards the vectors of all modalities at that moment, so that they come to share codes.
///
/// For each modality m in turn, with the codes that all modalities had before the first of these steps:
///   N <- decay N + (1 - decay) n_m, smoothed as in \ref ema;
///   W <- decay W + (1 - decay) sum over rows n of (sum_o weights(m, o) z_o[n]) in the row of code_m[n];
///   words <- W / N.
/// The weights of modalities that a row lacks are shared out over those it has, in proportion; where those weigh
/// nothing, its own vector takes all.
struct cross_modal_ema {
  using representative_type = representative::mean;

  double decay = 0.99;
  double epsilon = 1e-5;
  double own_weight = 0.5;        ///< weights(m, m); the others share the rest equally. Used when `weights` is empty
  matrix<double> weights = {};    ///< modalities x modalities; row m is used when m's codes are applied
  double initial_count = 1;       ///< 0 is the released code: unused words are thrown far away by the first batch
  bool move_unused_words = true;  ///< words <- W / N for all words (the paper); false: only for words with members
  std::size_t batch_size = 1024;  ///< when used as a plain update rule with one modality; 0: all rows

  template <Scalar T>
  class state;
};

/// The averages of one codebook.
template <Scalar T>
class cross_modal_ema::state {
 public:
  /// Throws value_error for numbers that are no moving average.
  state(cross_modal_ema const& rule, codebook<T> const& book) : rule_(rule), averages_(book, rule.initial_count) {
    require_averaging(rule.decay, rule.epsilon, "cross_modal_ema");
    if (!(rule.initial_count >= 0 && std::isfinite(rule.initial_count) && std::isfinite(rule.own_weight)))
      throw value_error("cross_modal_ema", "initial_count is " + to_text(rule.initial_count) + ", own_weight is " +
                                               to_text(rule.own_weight) +
                                               ": expected a number of at least 0 and a number");
    require_finite<double>(rule.weights, "cross_modal_ema", "weights");
  }

  /// One batch of any number of modalities with equal row counts.
  void update(codebook<T>& book, std::span<modality_batch<T> const> batch) {
    require_same_rows(book, batch);
    matrix<double> const share = weight_matrix(batch.size());
    for (std::size_t m = 0; m < batch.size(); ++m) step(book, batch, share, m);
  }

  /// One modality alone: its own vectors with weight one, which is plain EMA.
  void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
    modality_batch<T> const one{x, codes};
    update(book, {&one, 1});
  }

  /// Word j was moved: its averages start again from where it is now.
  void reset_word(codebook<T> const& book, std::size_t j) { averages_.restart(book, j, 1.0); }

  [[nodiscard]] ema_averages const& averages() const noexcept { return averages_; }
  [[nodiscard]] ema_averages& averages() noexcept { return averages_; }

 private:
  static void require_same_rows(codebook<T> const& book, std::span<modality_batch<T> const> batch) {
    for (auto const& modality : batch) {
      require_columns(modality.x, book.dim(), "cross_modal_ema::update", "x");
      require_rows(modality.x, row_count(batch[0].x), "cross_modal_ema::update", "x");
      require_rows(modality.x, modality.codes.size(), "cross_modal_ema::update", "x");
      require_codes(modality.codes, book.size(), "cross_modal_ema::update");
    }
  }

  [[nodiscard]] matrix<double> weight_matrix(std::size_t modalities) const {
    auto const n = static_cast<index_t>(modalities);
    if (rule_.weights.size() != 0) {
      if (rule_.weights.rows() != n || rule_.weights.cols() != n)
        throw shape_error("cross_modal_ema::update", "weights are " + shape_text(rule_.weights) + " for " +
                                                         std::to_string(modalities) + " modalities");
      return rule_.weights;
    }
    double const own = modalities == 1 ? 1 : rule_.own_weight;
    matrix<double> w = matrix<double>::Constant(n, n, modalities == 1 ? 0 : (1 - own) / static_cast<double>(n - 1));
    w.diagonal().setConstant(own);
    return w;
  }

  void step(codebook<T>& book, std::span<modality_batch<T> const> batch, matrix<double> const& share, std::size_t m) {
    std::vector<std::int64_t> members(book.size(), 0);
    matrix<double> sums = matrix<double>::Zero(book.words.rows(), book.words.cols());
    for (std::size_t n = 0; n < batch[m].codes.size(); ++n) {
      code_t const code = batch[m].codes[n];
      if (code < 0) continue;
      ++members[static_cast<std::size_t>(code)];
      add_moment(batch, share, m, static_cast<index_t>(n), row_span(sums, code));
    }
    averages_.decay_counts(rule_.decay, members);
    averages_.smooth(rule_.epsilon);
    for (std::size_t j = 0; j < book.size(); ++j) {
      auto const row = static_cast<index_t>(j);
      averages_.decay_sum(j, rule_.decay, [&](std::size_t d) { return sums(row, static_cast<index_t>(d)); });
      if (rule_.move_unused_words || members[j] > 0) averages_.template write_word<T>(j, row_span(book.words, row));
    }
  }

  /// sum += sum_o weight_o z_o[n] over the modalities that row n has.
  static void add_moment(std::span<modality_batch<T> const> batch, matrix<double> const& weights, std::size_t m,
                         index_t n, std::span<double> sum) {
    auto const own = static_cast<index_t>(m);
    double present = 0, all = 0;
    for (std::size_t o = 0; o < batch.size(); ++o) {
      double const w = weights(own, static_cast<index_t>(o));
      all += w;
      if (batch[o].codes[static_cast<std::size_t>(n)] >= 0) present += w;
    }
    bool const alone = !(present > 0);
    double const share = present == all || alone ? 1 : all / present;
    for (std::size_t o = 0; o < batch.size(); ++o) {
      if (batch[o].codes[static_cast<std::size_t>(n)] < 0 || (alone && o != m)) continue;
      double const w = alone ? all : share * weights(own, static_cast<index_t>(o));
      auto const z = row_span(batch[o].x, n);
      for (std::size_t d = 0; d < z.size(); ++d) sum[d] += w * static_cast<double>(z[d]);
    }
  }

  cross_modal_ema rule_;
  ema_averages averages_;
};
static_assert(UpdateRule<cross_modal_ema>);

}  // namespace sidera::inline SIDERA_ABI
