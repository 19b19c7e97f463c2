// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/bottlenecks/conditional_words.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/layers/initializers.hpp>
#include <sidera/losses/mse.hpp>
#include <sidera/optimizers/optimizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Trains \ref conditional_words on the tape: sum over levels of mse(x, reconstruction up to the level) for the codes
/// that greedy search finds, with Adam, as in Huijben et al. (ICML 2024). It starts at the words that it is given,
/// with C = 0.
template <Scalar T>
class conditional_trainer {
 public:
  conditional_trainer(std::vector<matrix<T>> const& words, std::size_t hidden, double learning_rate, std::uint64_t seed)
      : words_(words.size()), networks_(words.size()), steps_(store_) {
    random_stream const random(seed);
    for (std::size_t l = 0; l < words.size(); ++l) {
      std::string const name = std::to_string(l);
      std::size_t const dim = column_count(words[l]);
      words_[l] = store_.add(name + ".words", row_count(words[l]), dim);
      store_.value(words_[l]) = words[l];
      if (l == 0) continue;
      fan const both{2 * dim, hidden};
      networks_[l] = {add_weight(store_, name + ".a", dim, hidden, kaiming_uniform{}, random, both),
                      add_weight(store_, name + ".b", dim, hidden, kaiming_uniform{}, random, both),
                      store_.add(name + ".bias", 1, hidden), store_.add(name + ".c", hidden, dim)};
    }
    steps_ = optimizer<T>(store_, adam{.learning_rate = learning_rate});
  }

  /// One step on the rows of x with their codes (N x L).
  void step(matrix<T> const& x, code_matrix const& codes, double factor, executor_ref executor) {
    tape<T> t(store_, executor);
    variable<T> const target = t.constant(x);
    variable<T> prefix, loss;
    for (std::size_t l = 0; l < words_.size(); ++l) {
      std::vector<code_t> const ids = level_codes(codes, l);
      variable<T> const word = gather_rows(t[words_[l]], std::span<code_t const>(ids));
      prefix = l == 0 ? word : prefix + moved(t, networks_[l], word, prefix);
      variable<T> const error = mse(prefix, target);
      loss = l == 0 ? error : loss + error;
    }
    store_.clear_gradients();
    t.backward(loss);
    steps_.step(store_, factor, executor);
  }

  /// The levels as they are now.
  [[nodiscard]] std::vector<conditional_words<T>> levels() const {
    std::vector<conditional_words<T>> all(words_.size());
    for (std::size_t l = 0; l < all.size(); ++l) {
      all[l].words = store_.value(words_[l]);
      if (l == 0) continue;
      auto const& [a, b, bias, c] = networks_[l];
      all[l].from_word = store_.value(a), all[l].from_prefix = store_.value(b);
      all[l].bias = store_.value(bias), all[l].out = store_.value(c);
    }
    return all;
  }

 private:
  struct network {
    parameter a, b, bias, c;
  };

  [[nodiscard]] static variable<T> moved(tape<T>& t, network const& n, variable<T> word, variable<T> prefix) {
    variable<T> const hidden = relu(matmul(word, t[n.a]) + matmul(prefix, t[n.b]) + t[n.bias]);
    return word + matmul(hidden, t[n.c]);
  }

  parameters<T> store_;
  std::vector<parameter> words_;
  std::vector<network> networks_;
  optimizer<T> steps_;
};

}  // namespace sidera::inline SIDERA_ABI
