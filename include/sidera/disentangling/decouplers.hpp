// SPDX-License-Identifier: MIT
#pragma once
/// \file  Ways to keep general and specific features apart; see \ref Decoupler.
#include <sidera/autodiff/ops/gradient_reversal.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/stop_gradient.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/disentangling/concepts.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/losses/club.hpp>
#include <sidera/losses/hsic.hpp>
#include <sidera/losses/mse.hpp>
#include <sidera/losses/orthogonality.hpp>
#include <sidera/optimizers/optimizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Two perceptrons that predict the normal distribution of y given x, in a store of their own: as part of a model they
/// are constants, and only their own `fit` moves them.
template <Scalar T>
class gaussian_predictor {
 public:
  gaussian_predictor(std::size_t inputs, std::size_t outputs, std::size_t hidden, double log_variance_range,
                     double rate, random_stream random)
      : range_(log_variance_range) {
    mlp<> const mean(store_, "mean", {inputs, hidden, hidden, outputs}, random.fork(0));
    mlp<> const spread(store_, "log_variance", {inputs, hidden, hidden, outputs}, random.fork(1));
    for (mlp<> const* net : {&mean, &spread}) {
      for (auto const& l : net->hidden) layers_.push_back({l.weight, l.bias});
      layers_.push_back({net->last.weight, net->last.bias});
    }
    optimizer_.emplace_back(store_, adam{.learning_rate = rate});
  }

  /// For the model: the gradient reaches x, not the predictor, which must stay as it is until the tape is reset.
  [[nodiscard]] gaussian_prediction<T> operator()(variable<T> x) const {
    return predict(x, [this, &t = x.owner()](parameter p) {
      auto const value = store_.value(p);
      return t.refer(value.data(), row_count(value), column_count(value));
    });
  }
  /// `steps` steps towards the likeliest predictor; returns the last loss before a step.
  T fit(matrix<T> const& x, matrix<T> const& y, std::size_t steps, executor_ref executor) {
    T last = 0;
    tape<T> t(store_, executor);
    for (std::size_t s = 0; s < steps; ++s) {
      store_.clear_gradients();
      variable<T> const loss = club_fit(predict(t.refer(x), [&t](parameter p) { return t[p]; }), t.refer(y));
      last = loss.item();
      t.backward(loss);
      optimizer_.front().step(store_, 1, executor);
      t.reset();
    }
    return last;
  }

  void to_fields(field_set& f, std::string const& prefix) const {
    store_.to_fields(f, prefix);
    optimizer_.front().to_fields(f, prefix + "optimizer.");
  }
  void from_fields(field_set const& f, std::string const& prefix) {
    optimizer_.front().from_fields(f, prefix + "optimizer.");
    store_.from_fields(f, prefix);
  }

 private:
  struct dense_layer {
    parameter weight, bias;
  };

  template <class Get>
  [[nodiscard]] gaussian_prediction<T> predict(variable<T> x, Get const& get) const {
    auto const run = [&](std::size_t first) {
      variable<T> h = x;
      for (std::size_t l = first; l < first + 2; ++l)
        h = dense(h, get(layers_[l].weight), get(layers_[l].bias), functions::relu{});
      return dense(h, get(layers_[first + 2].weight), get(layers_[first + 2].bias), functions::identity{});
    };
    return {run(0), range_ * tanh(run(3))};
  }

  double range_;
  parameters<T> store_;
  std::vector<dense_layer> layers_;
  std::vector<optimizer<T>> optimizer_;
};

/// Minimises an upper bound of the mutual information; CLUB (Cheng et al., ICML 2020) as in DCID: a predictor of the
/// specific feature from the general one is fitted for some steps on every batch, then the bound is estimated with it.
struct club_decoupler {
  std::size_t hidden = 64;
  std::size_t fit_steps = 5;
  double learning_rate = 1e-3;
  double log_variance_range = 1;  ///< s = range tanh(.); 1 as released. See \ref club_collapse
  club_options quirks = {};       ///< of the released code
  bool sampled = false;           ///< one random negative per row (released) instead of all

  template <Scalar T>
  class state;
};

/// The predictor, and how its fit goes.
template <Scalar T>
class club_decoupler::state {
 public:
  state(club_decoupler const& how, parameters<T>&, std::string const&, std::size_t general, std::size_t specific,
        random_stream random)
      : how_(how),
        random_(random),
        net_(general, specific, how.hidden, how.log_variance_range, how.learning_rate, random) {}

  [[nodiscard]] variable<T> operator()(variable<T> general, variable<T> specific, sequence_shape shape,
                                       std::size_t step) {
    fit(general.value(), specific.value(), general.owner().executor());
    return estimate(general, specific, shape, step);
  }
  /// Some steps of the predictor on the rows of a batch.
  void fit(matrix<T> const& general, matrix<T> const& specific, executor_ref executor) {
    T const fitted = net_.fit(general, specific, how_.fit_steps, executor);
    watch_ = watch_club<T>(fitted, matrix_cref<T>(specific), -how_.log_variance_range);
  }
  /// The bound, with the predictor as it is.
  [[nodiscard]] variable<T> estimate(variable<T> general, variable<T> specific, sequence_shape shape,
                                     std::size_t step) const {
    auto const prediction = net_(general);
    if (!how_.sampled) return club(prediction, specific, shape, how_.quirks);
    auto const partners = random_.fork(1000 + step).permutation(shape.batch);
    return club_sampled(prediction, specific, std::span<std::size_t const>(partners), shape, how_.quirks);
  }
  /// Whether specific features that say nothing satisfied the bound, as of the last batch.
  [[nodiscard]] club_collapse const& collapse() const noexcept { return watch_; }

  /// The predictor, its moments and what was seen last.
  void to_fields(field_set& f, std::string const& prefix) const {
    net_.to_fields(f, prefix + "predictor.");
    f.put(prefix + "collapse", std::vector<double>{watch_.fit_loss, watch_.floor, watch_.variance});
  }
  void from_fields(field_set const& f, std::string const& prefix) {
    net_.from_fields(f, prefix + "predictor.");
    auto const& seen = f.get_vector<double>(prefix + "collapse");
    if (seen.size() != 3) throw shape_error("club_decoupler::from_fields", "\"" + prefix + "collapse\" is no triple");
    watch_ = {seen[0], seen[1], seen[2]};
  }

 private:
  club_decoupler how_;
  random_stream random_;
  gaussian_predictor<T> net_;
  club_collapse watch_ = {};
};

/// An adversary predicts the general feature from the specific one, and the gradient that would help it is turned round
/// on its way into the specific encoder; Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation" (ICML
/// 2015).
struct reversal_decoupler {
  std::size_t hidden = 64;
  double strength = 1;

  template <Scalar T>
  class state {
   public:
    state(reversal_decoupler const& how, parameters<T>& store, std::string const& name, std::size_t general,
          std::size_t specific, random_stream random)
        : strength_(how.strength), adversary_(store, name + ".adversary", {specific, how.hidden, general}, random) {}

    [[nodiscard]] variable<T> operator()(variable<T> general, variable<T> specific, sequence_shape, std::size_t) {
      return mse(adversary_(gradient_reversal(specific, strength_)), stop_gradient(general));
    }

   private:
    double strength_;
    mlp<> adversary_;
  };
};

/// Makes the Hilbert-Schmidt independence criterion of the two features small, see \ref gaussian_hsic. Bandwidths are
/// `bandwidth` times the square root of the width.
struct hsic_decoupler {
  double bandwidth = 1;

  template <Scalar T>
  class state {
   public:
    state(hsic_decoupler const& how, parameters<T>&, std::string const&, std::size_t general, std::size_t specific,
          random_stream)
        : general_(how.bandwidth * std::sqrt(static_cast<double>(general))),
          specific_(how.bandwidth * std::sqrt(static_cast<double>(specific))) {}

    [[nodiscard]] variable<T> operator()(variable<T> general, variable<T> specific, sequence_shape, std::size_t) {
      return gaussian_hsic(general, specific, general_, specific_);
    }

   private:
    double general_, specific_;
  };
};

/// Makes columns of the one feature uncorrelated with those of the other, see \ref column_orthogonality.
struct orthogonality_decoupler {
  template <Scalar T>
  class state {
   public:
    state(orthogonality_decoupler, parameters<T>&, std::string const&, std::size_t, std::size_t, random_stream) {}
    [[nodiscard]] variable<T> operator()(variable<T> general, variable<T> specific, sequence_shape, std::size_t) {
      return column_orthogonality(general, specific);
    }
  };
};

static_assert(Decoupler<club_decoupler> && Decoupler<reversal_decoupler> && Decoupler<hsic_decoupler> &&
              Decoupler<orthogonality_decoupler>);

}  // namespace sidera::inline SIDERA_ABI
