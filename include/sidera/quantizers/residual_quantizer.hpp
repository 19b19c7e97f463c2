// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual quantization with a metric, an update rule and a residual scheme of your choice: RQ, PSRQ and
/// relatives.
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/quantizers/beam_search.hpp>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>
#include <sidera/quantizers/residual_trainer.hpp>
#include <sidera/residual_schemes/additive.hpp>
#include <sidera/residual_schemes/prefix.hpp>
#include <sidera/update_rules/default_rule.hpp>

namespace sidera::inline SIDERA_ABI {

/// How `encode` differs from the default. Zero means: as the model was built.
struct encode_options {
  std::size_t levels = 0;  ///< only the first levels
  std::size_t beam = 0;
};

/// A codebook per level; each level quantizes what the levels before left over.
///
/// `residual_quantizer rq({.levels = 3, .words = 256});` is RQ with k-means;
/// `residual_quantizer psrq({...}, squared_euclidean{}, lloyd{}, prefix_residual{.weight = 1});` is PSRQ. A policy that
/// is not named is deduced: `residual_quantizer({...}, cosine{})` takes spherical means.
///
/// Promises: equal input, options and seed give equal codebooks and codes, bit for bit, for any number of threads and
/// after save and load; decode(encode(x)) equals the reconstruction that training saw; ties go to the lowest code.
/// Const members may be called from many threads. `fit` changes nothing when it throws.
template <Metric M = squared_euclidean, UpdateRule U = default_rule_t<M>, ResidualScheme R = additive_residual,
          Initialiser I = kmeans_plus_plus, DeadCodePolicy Z = relocate_far, Scalar T = float>
requires UpdateRuleFitsMetric<U, M>
class residual_quantizer {
 public:
  using scalar_type = T;
  using metric_type = M;

  explicit residual_quantizer(residual_quantizer_options options = {}, M metric = {}, U rule = {}, R scheme = {},
                              I init = {}, Z dead = {})
      : options_(std::move(options)),
        metric_(std::move(metric)),
        rule_(std::move(rule)),
        scheme_(std::move(scheme)),
        init_(std::move(init)),
        dead_(std::move(dead)) {
    check(options_);
  }

  /// Learns the codebooks, level by level, from the rows of `x` (N x D, N >= words, finite).
  ///
  /// Throws shape_error (empty, fewer rows than words) and value_error (NaN or infinity, with its row).
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {},
                 observer const& watch = {}) requires Divergence<M> {
    residual_trainer<T, M, U, R, I, Z> trainer({options_, metric_, rule_, scheme_, init_, dead_}, executor, watch);
    bool const builds_on = fitted() && (frozen_ > 0 || options_.warm_start);
    auto result = trainer.run(x, builds_on ? &encoder_ : nullptr, frozen_);
    encoder_ = std::move(result.encoder);
    return std::move(result.report);
  }

  /// Codes of the rows of `x`: N x levels. Throws not_fitted_error, shape_error, value_error.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    return encode(x, encode_options{}, executor);
  }
  template <std::same_as<encode_options> O = encode_options>  // a template, so that {} means the executor
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, O how, executor_ref executor = {}) const {
    constexpr std::string_view where = "residual_quantizer::encode";
    check_shape(x, where);
    std::size_t const levels = how.levels == 0 ? level_count() : how.levels;
    if (levels > level_count())
      throw value_error(
          where, std::to_string(levels) + " levels are asked for, the model has " + std::to_string(level_count()));
    code_matrix out(x.rows(), static_cast<index_t>(levels));
    encode_rows(encoder_, x, out, how.beam == 0 ? options_.beam : how.beam, executor, where);
    return out;
  }

  /// Greedy codes into the caller's buffer; allocates nothing once `workspace` has seen a block of this size.
  void encode_into(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& workspace) const {
    check_input(x, "residual_quantizer::encode_into");
    require_rows(out, row_count(x), "residual_quantizer::encode_into", "out");
    if (out.cols() == 0 || column_count(out) > level_count())
      throw shape_error("residual_quantizer::encode_into",
                        "out is " + shape_text(out) + ", the model has " + std::to_string(level_count()) + " levels");
    encoder_.encode(x, out, workspace);
  }

  /// The `count` best whole codes of every row by beam search, best first: row i * count + k is the k-th of row i.
  /// Fewer exist when the words of all levels are fewer; then rows of no_code follow. Throws value_error for a count of
  /// 0 and for one that no memory could hold.
  [[nodiscard]] code_matrix top_codes(matrix_cref<T> const& x, std::size_t count) const {
    check_input(x, "residual_quantizer::top_codes");
    std::size_t const numbers_per_code = level_count() * std::max<std::size_t>(1, row_count(x)) * sizeof(code_t);
    if (count == 0 || count > static_cast<std::size_t>(std::numeric_limits<index_t>::max()) / numbers_per_code)
      throw value_error("residual_quantizer::top_codes", "count is " + std::to_string(count));
    code_matrix found;
    std::size_t const per_row = beam_search(encoder_, count).encode_all(x, level_count(), found);
    code_matrix out = code_matrix::Constant(x.rows() * static_cast<index_t>(count), found.cols(), no_code);
    for (index_t i = 0; i < x.rows(); ++i)
      out.middleRows(i * static_cast<index_t>(count), static_cast<index_t>(per_row)) =
          found.middleRows(i * static_cast<index_t>(per_row), static_cast<index_t>(per_row));
    return out;
  }

  /// N x D reconstruction from the first codes.cols() levels. A row ends at its first no_code.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    require_fitted("residual_quantizer::decode");
    check_codes(codes);
    return encoder_.decode(codes);
  }

  /// Keeps the first `levels` codebooks as they are; `fit` trains the levels behind them.
  void freeze(std::size_t levels) {
    if (levels > level_count())
      throw value_error("residual_quantizer::freeze", std::to_string(levels) + " levels are to be frozen, there are " +
                                                          std::to_string(level_count()));
    frozen_ = levels;
  }

  [[nodiscard]] bool fitted() const noexcept { return level_count() > 0; }
  [[nodiscard]] std::size_t dim() const noexcept { return encoder_.dim(); }
  [[nodiscard]] std::size_t level_count() const noexcept { return encoder_.level_count(); }
  /// The words that level `l` searches and what they explain. Throws not_fitted_error, and value_error where there is
  /// no such level.
  [[nodiscard]] residual_level<T> const& level(std::size_t l) const {
    require_level(l, "residual_quantizer::level");
    return encoder_.level(l);
  }
  /// Of level `l`; throws as \ref level.
  [[nodiscard]] std::size_t word_count(std::size_t l) const {
    require_level(l, "residual_quantizer::word_count");
    return encoder_.level(l).search.size();
  }
  [[nodiscard]] residual_quantizer_options const& options() const noexcept { return options_; }
  [[nodiscard]] R const& scheme() const noexcept { return scheme_; }
  [[nodiscard]] residual_encoder<T, M, R> const& encoder() const noexcept { return encoder_; }

  /// What a trainer outside of this class needs: the policies and numbers, valid as long as this model is not changed.
  [[nodiscard]] residual_recipe<M, U, R, I, Z> recipe() const noexcept {
    return {options_, metric_, rule_, scheme_, init_, dead_};
  }
  [[nodiscard]] std::size_t frozen_levels() const noexcept { return frozen_; }
  /// Takes the levels that such a trainer made; they have the words that the options ask for.
  void set_encoder(residual_encoder<T, M, R> encoder) {
    if (encoder.level_count() != options_.levels)
      throw shape_error("residual_quantizer::set_encoder",
                        std::to_string(encoder.level_count()) + " levels, expected " + std::to_string(options_.levels));
    encoder_ = std::move(encoder);
  }

  /// A model of given words, one entry per level; throws shape_error where they do not fit the scheme, value_error for
  /// a word with a NaN or an infinity.
  void set_levels(std::vector<residual_level<T>> levels, std::size_t dim) {
    residual_encoder<T, M, R> encoder(metric_on_rows_of(metric_, dim), scheme_, dim);
    for (auto& level : levels) {
      require_level(level, scheme_.width(dim, encoder.level_count()), dim);
      encoder.push_level(std::move(level));
    }
    if (encoder.level_count() == 0) throw shape_error("residual_quantizer::set_levels", "there are no levels");
    options_.levels = encoder.level_count();
    options_.words_per_level.clear();
    for (std::size_t l = 0; l < options_.levels; ++l)
      options_.words_per_level.push_back(encoder.level(l).search.size());
    encoder.prepare();
    encoder_ = std::move(encoder);
    frozen_ = 0;
  }

  /// What io/ saves; load() restores a model that gives the same codes.
  [[nodiscard]] field_set fields() const {
    require_fitted("residual_quantizer::fields");
    field_set f = residual_fields(encoder_);
    f.metadata["update_rule"] = policy_name<U>();
    f.metadata["beam"] = to_text(options_.beam);
    return f;
  }

  /// Restores a saved model; throws value_error when it was made with other policies or is damaged.
  void load(field_set const& f) {
    constexpr std::string_view where = "residual_quantizer::load";
    f.require_model("residual_quantizer", where);
    require_policy<M>(f, "metric");
    require_policy<R>(f, "residual_scheme");
    residual_quantizer next = *this;
    load_parameters(next.metric_, f);
    load_parameters(next.scheme_, f);
    next.options_.beam = from_text<std::size_t>(f.get_text("beam"), where);
    auto [levels, dim] = residual_levels<T>(f);
    next.set_levels(std::move(levels), dim);
    check(next.options_);
    *this = std::move(next);
  }

 private:
  void require_fitted(std::string_view function) const {
    if (!fitted()) throw not_fitted_error(function, "call fit or load first");
  }
  void require_level(std::size_t l, std::string_view function) const {
    require_fitted(function);
    require_index(l, level_count(), function, "level");
  }
  void check_shape(matrix_cref<T> const& x, std::string_view function) const {
    require_fitted(function);
    require_columns(x, dim(), function, "x");
  }
  void check_input(matrix_cref<T> const& x, std::string_view function) const {
    check_shape(x, function);
    require_finite<T>(x, function, "x");
  }
  static void require_level(residual_level<T> const& level, std::size_t width, std::size_t dim) {
    constexpr std::string_view where = "residual_quantizer::set_levels";
    require_not_empty(level.search.words, where, "search words");
    require_columns(level.search.words, width, where, "search words");
    require_finite<T>(level.search.words, where, "search words");
    require_columns(level.explained, dim, where, "explained");
    require_rows(level.explained, level.search.size(), where, "explained");
    require_finite<T>(level.explained, where, "explained");
  }
  void check_codes(code_matrix_cref const& codes) const {
    if (column_count(codes) > level_count())
      throw shape_error("residual_quantizer::decode", "codes are " + shape_text(codes) + ", the model has " +
                                                          std::to_string(level_count()) + " levels");
    for (index_t i = 0; i < codes.rows(); ++i)
      for (index_t l = 0; l < codes.cols(); ++l)
        if (codes(i, l) >= static_cast<code_t>(level(static_cast<std::size_t>(l)).search.size()))
          throw value_error("residual_quantizer::decode",
                            "codes row " + std::to_string(i) + " has code " + std::to_string(codes(i, l)) + ", level " +
                                std::to_string(l) + " has " +
                                std::to_string(level(static_cast<std::size_t>(l)).search.size()) + " words",
                            static_cast<std::size_t>(i));
  }

  residual_quantizer_options options_;
  [[no_unique_address]] M metric_;
  [[no_unique_address]] U rule_;
  [[no_unique_address]] R scheme_;
  [[no_unique_address]] I init_;
  [[no_unique_address]] Z dead_;
  residual_encoder<T, M, R> encoder_;
  std::size_t frozen_ = 0;
};
static_assert(Quantizer<residual_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
