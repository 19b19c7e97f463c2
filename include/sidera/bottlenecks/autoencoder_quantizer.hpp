// SPDX-License-Identifier: MIT
#pragma once
/// \file  Encoder, words and decoder trained together, as a quantizer: RQ-VAE, FSQ, LFQ and relatives.
#include <sidera/bottlenecks/autoencoder_network.hpp>
#include <sidera/bottlenecks/latent_words.hpp>
#include <sidera/training/batch_order.hpp>
#include <sidera/training/take_rows.hpp>
#include <sidera/training/trainer.hpp>

namespace sidera::inline SIDERA_ABI {

/// The numbers of an autoencoder that quantizes.
struct autoencoder_options {
  std::size_t levels = 3;
  std::size_t words = 256;   ///< per level
  std::size_t hidden = 128;  ///< units of encoder and decoder
  std::size_t latent = 16;   ///< columns between them, where the words leave a choice
  /// RQ-KMeans+: encoder x + mlp(x) and decoder z + mlp(z) that change nothing at first, as many latent columns as the
  /// rows have. With \ref residual_words training starts at plain residual k-means of the scaled rows.
  bool residual = false;
  double commitment = 0.25;
  std::size_t epochs = 60;
  std::size_t batch = 64;       ///< rows
  double learning_rate = 1e-3;  ///< of Adam
  std::uint64_t seed = 1;
};

/// A quantizer in the latents of an autoencoder that is trained with it, on mse(reconstruction, row) and what the words
/// ask for beside: `autoencoder_quantizer<residual_words<>>` is RQ-VAE, `<residual_words<linear_words>>` its variant
/// with SimVQ's words, `<scalar_words>` FSQ, `<sign_words>` LFQ. Rows are scaled first, see \ref autoencoder_network;
/// the values after the last epoch are kept.
///
/// Promises: those of \ref residual_quantizer for equal bits on any number of threads, on one instruction set. A row of
/// codes that ends early (no_code) decodes to what the decoder makes of the words there are.
template <LatentWords W = residual_words<>, Scalar T = float>
class autoencoder_quantizer {
 public:
  using scalar_type = T;

  explicit autoencoder_quantizer(autoencoder_options options = {}) : options_(options) {
    constexpr std::string_view where = "autoencoder_options";
    if (options_.levels == 0 || options_.words == 0 || options_.hidden == 0 || options_.latent == 0 ||
        options_.batch == 0)
      throw value_error(where, "levels, words, hidden, latent and batch must be at least 1");
    if (!(options_.learning_rate > 0)) throw value_error(where, "learning_rate must be above 0");
    W::check(words_options(options_.latent));
  }

  /// Trains on the rows of `x` (N x D, N >= words, finite).
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {}, observer const& watch = {}) {
    constexpr std::string_view where = "autoencoder_quantizer::fit";
    require_not_empty(x, where, "x");
    require_finite<T>(x, where, "x");
    if (row_count(x) < options_.words)
      throw shape_error(where, "x is " + shape_text(x) + ": fewer rows than the " + to_text(options_.words) + " words");
    latent_words_options const words = words_options(options_.residual ? column_count(x) : options_.latent);
    network_type network({column_count(x), options_.hidden, W::latent(words), options_.residual}, options_.seed);
    network.fit_scaling(x);
    network_type training = network;  // also holds the words while they are parameters
    typename W::template state<T> state(training.store, words);
    matrix<T> const rows = training.scaled(x);
    state.start(training.store, latents_of(training, rows, executor), executor);
    train(training, state, rows, executor, watch);
    for (std::size_t p = 0; p < network.store.size(); ++p) network.store.value({p}) = training.store.value({p});
    autoencoder_quantizer next = *this;
    next.install(std::move(network), state.words(training.store));
    *this = std::move(next);
    return report_of(x, executor);
  }

  /// N x levels codes.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    require_fitted("autoencoder_quantizer::encode");
    require_columns(x, dim(), "autoencoder_quantizer::encode", "x");
    require_finite<T>(x, "autoencoder_quantizer::encode", "x");
    if (x.rows() == 0) return code_matrix(0, static_cast<index_t>(level_count()));
    return coder_.encode(latents(x, executor), executor);
  }

  /// N x latent: what the words are searched for.
  [[nodiscard]] matrix<T> latents(matrix_cref<T> const& x, executor_ref executor = {}) const {
    require_fitted("autoencoder_quantizer::latents");
    return latents_of(network_.front(), network_.front().scaled(x), executor);
  }

  /// N x D reconstruction from the first codes.cols() levels. A row ends at its first no_code.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    require_fitted("autoencoder_quantizer::decode");
    matrix<T> const z = coder_.decode(codes);
    if (codes.rows() == 0) return matrix<T>(0, static_cast<index_t>(dim()));
    tape<T> t(network_.front().store);
    return network_.front().unscaled(network_.front().decode(t.refer(z)).value());
  }

  [[nodiscard]] bool fitted() const noexcept { return coder_.fitted(); }
  [[nodiscard]] std::size_t dim() const noexcept { return fitted() ? network_.front().sizes().columns : 0; }
  [[nodiscard]] std::size_t level_count() const noexcept { return coder_.level_count(); }
  [[nodiscard]] std::size_t word_count(std::size_t l) const { return coder_.word_count(l); }
  /// The words of a level, words x latent.
  [[nodiscard]] matrix<T> const& words(std::size_t l) const { return coder_.level(l).explained; }

  [[nodiscard]] field_set fields() const {
    require_fitted("autoencoder_quantizer::fields");
    field_set f;
    f.metadata = {{"model", "autoencoder_quantizer"}, {"words", policy_name<W>()}, {"levels", to_text(level_count())}};
    network_.front().to_fields(f);
    for (std::size_t l = 0; l < level_count(); ++l) f.put("level_" + to_text(l) + ".words", words(l));
    return f;
  }
  void load(field_set const& f) {
    constexpr std::string_view where = "autoencoder_quantizer::load";
    f.require_model("autoencoder_quantizer", where);
    require_policy<W>(f, "words");
    auto const count = from_text<std::size_t>(f.get_text("levels"), where);
    std::vector<matrix<T>> words;
    for (std::size_t l = 0; l < count; ++l) words.push_back(f.get_matrix<T>("level_" + to_text(l) + ".words"));
    auto network = network_type::from_fields(f, where);
    autoencoder_quantizer next = *this;
    next.install(std::move(network), std::move(words));
    *this = std::move(next);
  }

 private:
  using network_type = autoencoder_network<T>;
  using coder_type = residual_quantizer<squared_euclidean, lloyd, additive_residual, kmeans_plus_plus, relocate_far, T>;

  void require_fitted(std::string_view function) const {
    if (!fitted()) throw not_fitted_error(function, "call fit or load first");
  }
  [[nodiscard]] latent_words_options words_options(std::size_t latent) const {
    return {options_.levels, options_.words, latent, options_.commitment, options_.seed};
  }

  [[nodiscard]] static matrix<T> latents_of(network_type const& network, matrix<T> const& rows, executor_ref executor) {
    tape<T> t(network.store, executor);
    variable<T> const z = network.encode(t.refer(rows));
    return (W::bounded ? tanh(z) : z).value();
  }

  void train(network_type& network, typename W::template state<T> const& words, matrix<T> const& rows,
             executor_ref executor, observer const& watch) const {
    optimizer<T> steps(network.store, adam{.learning_rate = options_.learning_rate}, {"main"});
    tape<T> t(network.store, executor);
    batch_order order(row_count(rows), options_.batch, random_stream(options_.seed));
    auto const loss = [&](tape<T>& on, std::span<std::size_t const> some, pass p) {
      variable<T> const x = take_rows(on, rows, some);
      auto const [quantised, word_loss] = words(network.encode(x, p), p);
      return mse(network.decode(quantised, p), x) + word_loss;
    };
    for (std::size_t epoch = 0; epoch < options_.epochs; ++epoch) {
      order.start(epoch);
      double sum = 0;
      for (std::size_t b = 0; b < order.batches(); ++b) {
        T const value = whole_batch{}(network.store, t, loss, order[b], steps.steps());
        if (!std::isfinite(value))
          throw value_error("autoencoder_quantizer::fit",
                            "the loss of step " + to_text(steps.steps()) + " is not finite");
        steps.step(network.store, 1, executor);
        sum += static_cast<double>(value);
      }
      if (watch)
        watch({.stage = "epoch",
               .levels = options_.levels,
               .iteration = epoch + 1,
               .iterations = options_.epochs,
               .objective = sum / static_cast<double>(order.batches())});
    }
  }

  void install(network_type network, std::vector<matrix<T>> words) {
    std::vector<residual_level<T>> levels;
    for (auto& w : words) {
      require_finite<T>(w, "autoencoder_quantizer", "words");
      levels.push_back({{w}, w});
    }
    coder_ = coder_type{};
    coder_.set_levels(std::move(levels), network.sizes().latent);
    network_.clear();
    network_.push_back(std::move(network));
  }

  /// What the model does with its training rows.
  [[nodiscard]] fit_report report_of(matrix_cref<T> const& x, executor_ref executor) const {
    fit_report report;
    report.codes = encode(x, executor);
    matrix<double> const wide = x.template cast<double>();
    double const total = (wide.rowwise() - row_vector<double>(wide.colwise().mean())).squaredNorm();
    for (std::size_t l = 0; l < level_count(); ++l) {
      auto const column = static_cast<index_t>(l);
      double const left = (wide - decode(report.codes.leftCols(column + 1)).template cast<double>()).squaredNorm();
      code_usage usage(word_count(l));
      std::vector<code_t> ids;
      for (index_t i = 0; i < x.rows(); ++i) ids.push_back(report.codes(i, column));
      usage.add(ids);
      report.levels.push_back({.iterations = options_.epochs,
                               .objective = left / static_cast<double>(x.rows()),
                               .relative_error = total > 0 ? left / total : 0,
                               .perplexity = usage.perplexity(),
                               .dead_words = usage.dead()});
    }
    return report;
  }

  autoencoder_options options_;
  std::vector<network_type> network_;  ///< one, or none before fit
  coder_type coder_;                   ///< the words, in the latents
};
static_assert(Quantizer<autoencoder_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
