// SPDX-License-Identifier: MIT
#pragma once
/// \file  Product quantization: the columns are cut into groups, each with a codebook of its own.
#include <sidera/quantizers/rotation.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>
#include <sidera/simd/product.hpp>

namespace sidera::inline SIDERA_ABI {

/// The numbers of a product quantizer; see \ref residual_quantizer_options.
struct product_quantizer_options {
  std::size_t subspaces = 4;  ///< groups of columns, as equal in size as they can be
  std::size_t words = 256;    ///< per group
  std::size_t iterations = 25;
  std::size_t restarts = 1;
  double tolerance = 0;
  std::uint64_t seed = 1;
};

/// One code per group of columns: PQ; with \ref optimized_rotation OPQ. The promises are those of \ref
/// residual_quantizer.
template <Metric M = squared_euclidean, UpdateRule U = default_rule_t<M>, Rotation R = no_rotation,
          Initialiser I = kmeans_plus_plus, DeadCodePolicy Z = relocate_far, Scalar T = float>
requires UpdateRuleFor<U, M>
class product_quantizer {
  static_assert(!ColumnMetric<M> || std::same_as<R, no_rotation>,
                "a rotation mixes the columns, so numbers of the metric that belong to columns mean nothing behind it: "
                "multiply the data by the roots of the weights, or take no_rotation");

 public:
  using scalar_type = T;
  using metric_type = M;
  using part_type = vector_quantizer<M, U, I, Z, T>;

  explicit product_quantizer(product_quantizer_options options = {}, M metric = {}, U rule = {}, R rotation = {},
                             I init = {}, Z dead = {})
      : options_(options),
        metric_(std::move(metric)),
        rule_(std::move(rule)),
        rotation_(std::move(rotation)),
        init_(std::move(init)),
        dead_(std::move(dead)) {
    if (options_.subspaces == 0) throw value_error("product_quantizer_options", "subspaces is 0, expected at least 1");
  }

  /// Learns rotation and codebooks from the rows of `x` (N x D, N >= words, D >= subspaces, finite).
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {}, observer const& watch = {}) {
    check_training_rows(x);
    product_quantizer next = *this;
    next.dim_ = column_count(x);
    next.turn_ = matrix<T>();
    bool const rotates = rotation_.rounds > 0;
    if (rotates) next.turn_ = matrix<T>::Identity(x.cols(), x.cols());
    next.start_parts(rotates ? 1 : options_.iterations);
    fit_report report = next.fit_parts(x, executor, watch);
    for (std::size_t round = 0; round < rotation_.rounds; ++round) {
      next.turn_ = rotation_.template refit<T>(x, next.decode_parts(report.codes));
      next.warm_parts(round + 1 < rotation_.rounds ? 1 : options_.iterations);
      report = next.fit_parts(x, executor, watch);
    }
    *this = std::move(next);
    return report;
  }

  /// N x subspaces codes.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    require_fitted("product_quantizer::encode");
    require_columns(x, dim_, "product_quantizer::encode", "x");
    require_finite<T>(x, "product_quantizer::encode", "x");
    matrix<T> const turned = turn(x);
    code_matrix out(x.rows(), static_cast<index_t>(parts_.size()));
    for (std::size_t p = 0; p < parts_.size(); ++p)
      out.col(static_cast<index_t>(p)) = parts_[p].encode(columns(turned, p), executor);
    return out;
  }

  /// N x D reconstruction; needs the codes of all groups.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    require_fitted("product_quantizer::decode");
    require_columns(codes, parts_.size(), "product_quantizer::decode", "codes");
    matrix<T> const out = decode_parts(codes);
    return turn_.size() == 0 ? out : simd::product_nt<T>(out, turn_);
  }

  [[nodiscard]] bool fitted() const noexcept { return !parts_.empty() && parts_.front().fitted(); }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t level_count() const noexcept { return parts_.size(); }
  /// Of group `p`. Throws not_fitted_error, and value_error where there is no such group.
  [[nodiscard]] std::size_t word_count(std::size_t p) const {
    require_part(p, "product_quantizer::word_count");
    return parts_[p].word_count();
  }
  /// The quantizer of group `p`; throws as \ref word_count.
  [[nodiscard]] part_type const& part(std::size_t p) const {
    require_part(p, "product_quantizer::part");
    return parts_[p];
  }
  /// D x D; empty without a rotation.
  [[nodiscard]] matrix<T> const& rotation() const noexcept { return turn_; }

  [[nodiscard]] field_set fields() const {
    require_fitted("product_quantizer::fields");
    field_set f;
    f.metadata = {{"model", "product_quantizer"},        {"metric", policy_name<M>()},
                  {"update_rule", policy_name<U>()},     {"rotation", policy_name<R>()},
                  {"subspaces", to_text(parts_.size())}, {"dim", to_text(dim_)}};
    save_parameters(metric_, f);
    for (std::size_t p = 0; p < parts_.size(); ++p) f.put("part_" + to_text(p) + ".words", parts_[p].words());
    if (turn_.size() != 0) f.put("rotation", turn_);
    return f;
  }

  void load(field_set const& f) {
    constexpr std::string_view where = "product_quantizer::load";
    f.require_model("product_quantizer", where);
    require_policy<M>(f, "metric");
    require_policy<R>(f, "rotation");
    product_quantizer next = *this;
    load_parameters(next.metric_, f);
    next.dim_ = from_text<std::size_t>(f.get_text("dim"), where);
    next.options_.subspaces = from_text<std::size_t>(f.get_text("subspaces"), where);
    if (next.options_.subspaces == 0 || next.options_.subspaces > next.dim_)
      throw value_error(where, "the subspaces do not fit the columns");
    require_parts(f, next.options_.subspaces, next.dim_);
    next.turn_ = f.tensors.contains("rotation") ? f.get_matrix<T>("rotation") : matrix<T>();
    if (next.turn_.size() != 0) require_columns(next.turn_, next.dim_, where, "rotation");
    if (next.turn_.size() != 0) require_rows(next.turn_, next.dim_, where, "rotation");
    next.start_parts(options_.iterations);
    for (std::size_t p = 0; p < next.parts_.size(); ++p) {
      matrix<T> words = f.get_matrix<T>("part_" + to_text(p) + ".words");
      require_columns(words, next.width(p), where, "words");
      next.parts_[p].set_words(std::move(words));
    }
    *this = std::move(next);
  }

 private:
  void require_fitted(std::string_view function) const {
    if (!fitted()) throw not_fitted_error(function, "call fit or load first");
  }
  void require_part(std::size_t p, std::string_view function) const {
    require_fitted(function);
    require_index(p, parts_.size(), function, "group");
  }
  /// Numbers from outside: nothing is made of them before there are words of so many groups and columns.
  static void require_parts(field_set const& f, std::size_t groups, std::size_t dim) {
    std::size_t columns = 0;
    for (std::size_t p = 0; p < groups; ++p) {
      std::string const name = "part_" + to_text(p) + ".words";
      matrix<T> const words = f.get_matrix<T>(name);
      require_not_empty(words, "product_quantizer::load", name);
      columns += column_count(words);
    }
    if (columns != dim)
      throw shape_error("product_quantizer::load", "the words have " + std::to_string(columns) +
                                                       " columns in all groups, the model " + std::to_string(dim));
  }
  void check_training_rows(matrix_cref<T> const& x) const {
    constexpr std::string_view where = "product_quantizer::fit";
    require_not_empty(x, where, "x");
    if (column_count(x) < options_.subspaces)
      throw shape_error(where, "x is " + shape_text(x) + ": fewer columns than the " +
                                   std::to_string(options_.subspaces) + " subspaces");
    if (options_.words > row_count(x))
      throw shape_error(where, "x is " + shape_text(x) + ": fewer rows than the " + std::to_string(options_.words) +
                                   " words of a group");
    require_finite<T>(x, where, "x");
  }

  /// Group p has dim / subspaces columns; the first dim % subspaces groups have one more.
  [[nodiscard]] std::size_t first_column(std::size_t p) const noexcept {
    return p * (dim_ / options_.subspaces) + std::min(p, dim_ % options_.subspaces);
  }
  [[nodiscard]] std::size_t width(std::size_t p) const noexcept { return first_column(p + 1) - first_column(p); }
  [[nodiscard]] auto columns(matrix<T> const& x, std::size_t p) const {
    return x.middleCols(static_cast<index_t>(first_column(p)), static_cast<index_t>(width(p)));
  }
  [[nodiscard]] matrix<T> turn(matrix_cref<T> const& x) const {
    return turn_.size() == 0 ? matrix<T>(x) : simd::product<T>(x, turn_);
  }

  void start_parts(std::size_t iterations) {
    parts_.clear();
    for (std::size_t p = 0; p < options_.subspaces; ++p)
      parts_.emplace_back(part_options(p, iterations, false), part_metric(p), rule_, init_, dead_);
  }
  [[nodiscard]] M part_metric(std::size_t p) const { return metric_on_part(metric_, dim_, first_column(p), width(p)); }
  /// The same words, but the next fit starts from them.
  void warm_parts(std::size_t iterations) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      part_type warm(part_options(p, iterations, true), part_metric(p), rule_, init_, dead_);
      warm.set_words(parts_[p].words());
      parts_[p] = std::move(warm);
    }
  }
  [[nodiscard]] vector_quantizer_options part_options(std::size_t p, std::size_t iterations, bool warm) const {
    return {.words = options_.words,
            .iterations = iterations,
            .restarts = warm ? 1 : options_.restarts,
            .tolerance = options_.tolerance,
            .seed = random_stream(options_.seed).fork(p).bits(0),
            .warm_start = warm};
  }

  fit_report fit_parts(matrix_cref<T> const& x, executor_ref executor, observer const& watch) {
    matrix<T> const turned = turn(x);
    fit_report report;
    report.codes.resize(x.rows(), static_cast<index_t>(parts_.size()));
    row_vector<double> const mean = turned.template cast<double>().colwise().mean();
    matrix<double> left = turned.template cast<double>().rowwise() - mean;
    double const total = left.squaredNorm();
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      fit_report part = parts_[p].fit(columns(turned, p), executor, watch);
      report.codes.col(static_cast<index_t>(p)) = part.codes;
      matrix<T> const error = columns(turned, p) - parts_[p].decode(part.codes);
      left.middleCols(static_cast<index_t>(first_column(p)), error.cols()) = error.template cast<double>();
      part.levels.front().relative_error = total > 0 ? left.squaredNorm() / total : 0.0;
      report.levels.push_back(part.levels.front());
    }
    return report;
  }

  [[nodiscard]] matrix<T> decode_parts(code_matrix_cref const& codes) const {
    matrix<T> out(codes.rows(), static_cast<index_t>(dim_));
    for (std::size_t p = 0; p < parts_.size(); ++p)
      out.middleCols(static_cast<index_t>(first_column(p)), static_cast<index_t>(width(p))) =
          parts_[p].decode(codes.col(static_cast<index_t>(p)));
    return out;
  }

  product_quantizer_options options_;
  [[no_unique_address]] M metric_;
  [[no_unique_address]] U rule_;
  [[no_unique_address]] R rotation_;
  [[no_unique_address]] I init_;
  [[no_unique_address]] Z dead_;
  std::size_t dim_ = 0;
  std::vector<part_type> parts_;
  matrix<T> turn_;
};
static_assert(Quantizer<product_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
