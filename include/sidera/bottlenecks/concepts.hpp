// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which quantizers can be a layer of a network, and how their levels are walked through.
#include <sidera/bottlenecks/learned_words.hpp>
#include <sidera/bottlenecks/linear_words.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/residual_schemes/normalized.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>
#include <sidera/update_rules/ema.hpp>

namespace sidera::inline SIDERA_ABI {

/// The sizes of a bottleneck.
struct codebook_sizes {
  std::size_t words = 256;  ///< per level or group of columns
  std::size_t levels = 1;   ///< of residual quantizers; groups of columns of product quantizers
  std::size_t dim = 64;     ///< columns of the features
};

namespace detail {

template <class U>
inline constexpr bool is_learned = false;
template <class Representative>
inline constexpr bool is_learned<basic_learned_words<Representative>> = true;
template <class Representative>
inline constexpr bool is_learned<basic_linear_words<Representative>> = true;

template <class U>
inline constexpr bool is_mapped = false;
template <class Representative>
inline constexpr bool is_mapped<basic_linear_words<Representative>> = true;

template <class U, class T>
concept remembers_averages = requires(typename U::template state<T>& state) {
  { state.averages() } -> std::same_as<ema_averages&>;
};

}  // namespace detail

/// An update rule that follows features while the encoder in front of it changes: moving averages (\ref ema,
/// \ref spherical_ema, \ref cross_modal_ema), \ref learned_words or \ref linear_words. Rules that see all rows at once
/// (\ref lloyd) or whose steps shrink (\ref mini_batch) do not.
template <class U>
concept FollowsEncoder = UpdateRule<U> &&(detail::is_learned<U> || detail::remembers_averages<U, float>);

/// How a bottleneck walks through the stages (levels, groups of columns) of a quantizer type. Specialised for the
/// quantizers of the library; a user's own quantizer becomes a bottleneck by one more specialisation.
template <class Q>
struct bottleneck_layout;

template <Metric M, UpdateRule U, ResidualScheme R, Initialiser I, DeadCodePolicy Z, Scalar T>
struct bottleneck_layout<residual_quantizer<M, U, R, I, Z, T>> {
  using quantizer_type = residual_quantizer<M, U, R, I, Z, T>;
  using metric_type = M;
  using rule_type = U;
  static constexpr bool decodes_words = LinearResidualScheme<R>;

  [[no_unique_address]] M metric = {};
  [[no_unique_address]] U rule = {};
  [[no_unique_address]] R scheme = {};

  [[nodiscard]] quantizer_type make(codebook_sizes s, std::uint64_t seed) const {
    return quantizer_type({.levels = s.levels, .words = s.words, .seed = seed}, metric, rule, scheme);
  }
  [[nodiscard]] std::size_t stages(codebook_sizes s) const noexcept { return s.levels; }
  [[nodiscard]] std::size_t width(codebook_sizes s, std::size_t stage) const { return scheme.width(s.dim, stage); }
  [[nodiscard]] M stage_metric(codebook_sizes s, std::size_t) const { return metric_on_rows_of(metric, s.dim); }
  /// What a stage searches: [residual ; weight * prefix], or the residual alone.
  [[nodiscard]] matrix<T> query(matrix<T> const& residual, matrix<T> const& prefix, codebook_sizes s,
                                std::size_t stage) const {
    matrix<T> q(residual.rows(), static_cast<index_t>(width(s, stage)));
    for (index_t i = 0; i < q.rows(); ++i)
      scheme.compose(std::span<T const>(row_span(residual, i)), std::span<T const>(row_span(prefix, i)), stage,
                     row_span(q, i));
    return q;
  }
  /// Where the first columns of a word belong in the reconstruction, and how many they are.
  [[nodiscard]] std::size_t first_column(codebook_sizes, std::size_t) const noexcept { return 0; }
  [[nodiscard]] std::size_t explained(codebook_sizes s, std::size_t) const noexcept { return s.dim; }

  [[nodiscard]] std::vector<matrix<T>> words(quantizer_type const& q) const {
    std::vector<matrix<T>> all;
    for (std::size_t l = 0; l < q.level_count(); ++l) all.push_back(q.level(l).search.words);
    return all;
  }
  void install(quantizer_type& q, std::vector<matrix<T>> const& words, codebook_sizes s) const {
    std::vector<residual_level<T>> levels;
    for (auto const& w : words) levels.push_back({{w}, w.leftCols(static_cast<index_t>(s.dim))});
    q.set_levels(std::move(levels), s.dim);
  }
};

template <Metric M, UpdateRule U, Initialiser I, DeadCodePolicy Z, Scalar T>
struct bottleneck_layout<vector_quantizer<M, U, I, Z, T>> {
  using quantizer_type = vector_quantizer<M, U, I, Z, T>;
  using metric_type = M;
  using rule_type = U;
  static constexpr bool decodes_words = true;

  [[no_unique_address]] M metric = {};
  [[no_unique_address]] U rule = {};

  [[nodiscard]] quantizer_type make(codebook_sizes s, std::uint64_t seed) const {
    return quantizer_type({.words = s.words, .seed = seed}, metric, rule);
  }
  [[nodiscard]] std::size_t stages(codebook_sizes) const noexcept { return 1; }
  [[nodiscard]] std::size_t width(codebook_sizes s, std::size_t) const noexcept { return s.dim; }
  [[nodiscard]] matrix<T> query(matrix<T> const& residual, matrix<T> const&, codebook_sizes, std::size_t) const {
    return residual;
  }
  [[nodiscard]] std::size_t first_column(codebook_sizes, std::size_t) const noexcept { return 0; }
  [[nodiscard]] std::size_t explained(codebook_sizes s, std::size_t) const noexcept { return s.dim; }
  [[nodiscard]] std::vector<matrix<T>> words(quantizer_type const& q) const { return {q.words()}; }
  void install(quantizer_type& q, std::vector<matrix<T>> const& words, codebook_sizes) const {
    q.set_words(words.front());
  }
};

template <Metric M, UpdateRule U, Initialiser I, DeadCodePolicy Z, Scalar T>
struct bottleneck_layout<product_quantizer<M, U, no_rotation, I, Z, T>> {
  using quantizer_type = product_quantizer<M, U, no_rotation, I, Z, T>;
  using metric_type = M;
  using rule_type = U;
  static constexpr bool decodes_words = true;

  [[no_unique_address]] M metric = {};
  [[no_unique_address]] U rule = {};

  [[nodiscard]] quantizer_type make(codebook_sizes s, std::uint64_t seed) const {
    return quantizer_type({.subspaces = s.levels, .words = s.words, .seed = seed}, metric, rule);
  }
  [[nodiscard]] std::size_t stages(codebook_sizes s) const noexcept { return s.levels; }
  [[nodiscard]] std::size_t first_column(codebook_sizes s, std::size_t p) const noexcept {
    return p * (s.dim / s.levels) + std::min(p, s.dim % s.levels);
  }
  [[nodiscard]] std::size_t width(codebook_sizes s, std::size_t p) const noexcept {
    return first_column(s, p + 1) - first_column(s, p);
  }
  [[nodiscard]] std::size_t explained(codebook_sizes s, std::size_t p) const noexcept { return width(s, p); }
  [[nodiscard]] M stage_metric(codebook_sizes s, std::size_t p) const {
    return metric_on_part(metric, s.dim, first_column(s, p), width(s, p));
  }
  /// Columns that no group before has explained are still whole in the residual.
  [[nodiscard]] matrix<T> query(matrix<T> const& residual, matrix<T> const&, codebook_sizes s, std::size_t p) const {
    return residual.middleCols(static_cast<index_t>(first_column(s, p)), static_cast<index_t>(width(s, p)));
  }
  [[nodiscard]] std::vector<matrix<T>> words(quantizer_type const& q) const {
    std::vector<matrix<T>> all;
    for (std::size_t p = 0; p < q.level_count(); ++p) all.push_back(q.part(p).words());
    return all;
  }
  void install(quantizer_type& q, std::vector<matrix<T>> const& words, codebook_sizes s) const {
    field_set f;
    f.metadata = {{"model", "product_quantizer"},
                  {"metric", policy_name<M>()},
                  {"rotation", "no_rotation"},
                  {"subspaces", to_text(words.size())},
                  {"dim", to_text(s.dim)}};
    f.metadata["rotation"] = policy_name<no_rotation>();
    save_parameters(metric, f);
    for (std::size_t p = 0; p < words.size(); ++p) f.put("part_" + to_text(p) + ".words", words[p]);
    q.load(f);
  }
};

/// A quantizer that can be a layer of a network.
///
/// It is refused when its type is erased or unknown (how it walks through its levels must be known at compile time),
/// when it turns the columns itself (OPQ: put a linear layer in front), when its update rule does not follow a moving
/// encoder (\ref FollowsEncoder), when its metric has no representative that the rule can hold, or when its words
/// cannot be decoded (\ref normalized_residual).
template <class Q>
concept BottleneckQuantizer = Quantizer<Q> && requires {
  typename bottleneck_layout<Q>::rule_type;
} && bottleneck_layout<Q>::decodes_words && FollowsEncoder<typename bottleneck_layout<Q>::rule_type> &&
    UpdateRuleFor < typename bottleneck_layout<Q>::rule_type,
typename bottleneck_layout<Q>::metric_type > ;

namespace detail {

template <class Q>
consteval bool require_layout() {
  static_assert(
      requires { typename bottleneck_layout<Q>::rule_type; },
      "a bottleneck must know at compile time how the quantizer walks through its levels: use vector_quantizer, "
      "residual_quantizer or product_quantizer without a rotation, or specialise bottleneck_layout");
  return true;
}

/// Says, in one sentence each, why a quantizer cannot be a layer.
template <class Q>
consteval bool explain_bottleneck() {
  require_layout<Q>();
  using layout = bottleneck_layout<Q>;
  static_assert(layout::decodes_words,
                "the words of this residual scheme are directions: they cannot be added up to the feature that a "
                "bottleneck passes on; use additive_residual or prefix_residual");
  static_assert(Divergence<typename layout::metric_type>,
                "this metric has no nearest point, so words cannot be trained with it; use squared_euclidean, "
                "weighted_squared_euclidean or cosine");
  static_assert(FollowsEncoder<typename layout::rule_type>,
                "this update rule does not follow an encoder that is still learning; use ema, spherical_ema, "
                "cross_modal_ema, learned_words or linear_words");
  static_assert(UpdateRuleFor<typename layout::rule_type, typename layout::metric_type>,
                "the update rule moves words to another point than the one that the metric calls best");
  return true;
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
