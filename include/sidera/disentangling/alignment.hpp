// SPDX-License-Identifier: MIT
#pragma once
/// \file  What pulls the features of one moment together: InfoNCE where there is no time axis, Cross-CPC where there
/// is.
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/layers/recurrent.hpp>
#include <sidera/losses/cross_cpc.hpp>
#include <sidera/losses/info_nce.hpp>

namespace sidera::inline SIDERA_ABI {

struct alignment_options {
  double temperature = 0.1;        ///< of InfoNCE
  cross_cpc_options cpc = {};      ///< of Cross-CPC
  std::size_t context_layers = 1;  ///< of the LSTM that sums up the past; 2 in the released code
  std::size_t across = 0;  ///< InfoNCE: 0 aligns all pairs, k those of one of the first k modalities and a later one
};

/// Aligns the general features of several modalities. With one step per clip: the mean over pairs of \ref info_nce,
/// both ways. With more: \ref cross_cpc of one random step t + 1 from the steps up to t >= 1 (0-based), contexts by an
/// LSTM.
template <Scalar T>
class alignment {
 public:
  alignment() = default;
  alignment(parameters<T>& store, std::string const& name, std::size_t modalities, std::size_t dim, std::size_t time,
            alignment_options options, random_stream random)
      : options_(options), steps_(random.fork(std::max<std::size_t>(9, 2 * modalities))) {
    for (std::size_t m = 0; time > 1 && m < modalities; ++m) {
      std::string const own = name + "." + std::to_string(m);
      contexts_.emplace_back(store, own + ".context", recurrent_options{dim, dim, options_.context_layers, false},
                             random.fork(2 * m));
      predictors_.emplace_back(store, own + ".predictor", dim, dim, random.fork(2 * m + 1));
    }
  }

  /// `both(a, b)` -> the rows that have modalities a and b, as a function of a variable.
  template <class Both>
  [[nodiscard]] variable<T> operator()(std::vector<variable<T>> const& z, sequence_shape shape, std::size_t step,
                                       Both const& both) const {
    if (shape.time > 1) return predict_future(z, shape, step);
    variable<T> total = z.front().owner().constant(T(0));
    std::size_t pairs = 0;
    for (std::size_t a = 0; a < (options_.across == 0 ? z.size() : options_.across); ++a)
      for (std::size_t b = std::max(a + 1, options_.across); b < z.size(); ++b, ++pairs) {
        variable<T> const x = both(z[a], a, b), y = both(z[b], a, b);
        if (x.rows() > 1) total = total + info_nce(x, y, {.temperature = options_.temperature, .both_sides = true});
      }
    return pairs == 0 ? total : total / static_cast<double>(pairs);
  }

 private:
  [[nodiscard]] static variable<T> step_of(variable<T> x, sequence_shape shape, std::size_t t) {
    std::vector<code_t> rows;
    for (std::size_t b = 0; b < shape.batch; ++b) rows.push_back(static_cast<code_t>(shape.row(b, t)));
    return gather_rows(x, std::span<code_t const>(rows));
  }

  [[nodiscard]] variable<T> predict_future(std::vector<variable<T>> const& z, sequence_shape shape,
                                           std::size_t step) const {
    std::size_t const first = shape.time > 2 ? 1 : 0;
    std::size_t const now = first + steps_.below(step, shape.time - 1 - first);
    std::vector<variable<T>> targets, predictions;
    for (std::size_t m = 0; m < z.size(); ++m) {
      targets.push_back(step_of(z[m], shape, now + 1));
      predictions.push_back(predictors_.at(m)(step_of(contexts_.at(m)(z[m], {shape}), shape, now)));
    }
    return cross_cpc(std::span<variable<T> const>(targets), std::span<variable<T> const>(predictions), options_.cpc);
  }

  alignment_options options_;
  random_stream steps_;  ///< no stream of a modality
  std::vector<lstm> contexts_;
  std::vector<linear<>> predictors_;
};

}  // namespace sidera::inline SIDERA_ABI
