// SPDX-License-Identifier: MIT
#pragma once
/// \file  Any quantizer of the quantisation tower as a differentiable layer: where the two towers meet.
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/autodiff/ops/where.hpp>
#include <sidera/bottlenecks/bottleneck_output.hpp>
#include <sidera/bottlenecks/concepts.hpp>
#include <sidera/bottlenecks/gradient_policies.hpp>
#include <sidera/bottlenecks/metric_distances.hpp>
#include <sidera/bottlenecks/stage_memory.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/losses/commitment.hpp>
#include <sidera/simd/product.hpp>

namespace sidera::inline SIDERA_ABI {

struct bottleneck_options {
  codebook_sizes sizes = {};
  dead_code_reset reset = {};
  std::size_t ema_repeats = 1;  ///< updates per batch; 6 in the code that the published DCID figures were made with
  std::uint64_t seed = 1;
  /// In training, how often a row keeps only its first n levels, n uniform in 1 .. levels: quantizer dropout; Zeghidour
  /// et al., "SoundStream" (2021). Short codes stay usable.
  double level_dropout = 0;
};

/// A layer that replaces features by words. `Q` names metric, update rule and residual scheme; its codebooks live in
/// the parameter store (group "codebooks", or "main" for \ref learned_words; of \ref linear_words the basis is in the
/// former and the map in the latter), so that they are saved with it.
///
/// One training step is: call for every modality, losses, `update`, backward, optimiser step. Make the optimiser for
/// the groups it is to move, not for "codebooks". Regular; equal calls give equal bits for any executor.
template <class Q, GradientPolicy G = straight_through_gradient>
class bottleneck {
  static_assert(detail::explain_bottleneck<Q>());
  static_assert(!SoftGradient<G> || DifferentiableMetric<typename bottleneck_layout<Q>::metric_type>,
                "this gradient policy mixes words by their distances, which for this metric have no gradient: use "
                "squared_euclidean, weighted_squared_euclidean or cosine, or give the metric a metric_distances");

 public:
  using scalar_type = typename Q::scalar_type;
  using T = scalar_type;
  using layout_type = bottleneck_layout<Q>;
  using rule_type = typename layout_type::rule_type;
  using metric_type = typename layout_type::metric_type;
  using output = bottleneck_output<T>;
  static constexpr bool learns_words = detail::is_learned<rule_type>;
  static constexpr bool maps_words = detail::is_mapped<rule_type>;

  bottleneck() = default;
  /// Adds the codebooks to `store` as "<name>.words_<stage>", small and uniform: call `start` or `set_words` next.
  bottleneck(parameters<T>& store, std::string const& name, bottleneck_options options, layout_type layout = {},
             G gradient = {})
      : options_(options), layout_(std::move(layout)), gradient_(std::move(gradient)) {
    check();
    for (std::size_t s = 0; s < stages(); ++s) {
      words_.push_back(store.add(name + ".words_" + std::to_string(s), options_.sizes.words,
                                 layout_.width(options_.sizes, s), learns_words && !maps_words ? "main" : "codebooks"));
      random_stream const random = random_stream(options_.seed).fork(s);
      auto value = store.value(words_.back());
      double const range = 1 / static_cast<double>(options_.sizes.words);
      for (index_t i = 0; i < value.size(); ++i)
        value.data()[i] = static_cast<T>(range * (2 * random.uniform(static_cast<std::uint64_t>(i)) - 1));
      if constexpr (maps_words) {
        std::size_t const width = layout_.width(options_.sizes, s);
        maps_.push_back(store.add(name + ".map_" + std::to_string(s), width, width));
        store.value(maps_.back()).setIdentity();
      }
    }
    restart(store);
  }

  /// First words from features: those of the quantizer's own `fit` on the rows of `z` (as many as words, at least).
  void start(parameters<T>& store, matrix_cref<T> const& z, executor_ref executor = {}) {
    Q quantizer = layout_.make(options_.sizes, options_.seed);
    quantizer.fit(z, executor);
    set_words(store, layout_.words(quantizer));
  }
  /// First words from a quantizer that is fitted already, of the same kind but with any update rule: RQ-KMeans+ is an
  /// RQ-VAE that starts from residual k-means ("GPR: Towards a generative pre-trained one-model paradigm for
  /// large-scale advertising recommendation", 2025), with an encoder that changes nothing at first.
  template <class Fitted>
  void start_from(parameters<T>& store, Fitted const& quantizer) {
    set_words(store, bottleneck_layout<Fitted>{}.words(quantizer));
  }
  /// Given words, one matrix per stage; the averages start at them.
  void set_words(parameters<T>& store, std::vector<matrix<T>> const& words) {
    if (words.size() != stages())
      throw shape_error("bottleneck::set_words",
                        std::to_string(words.size()) + " codebooks for " + std::to_string(stages()) + " stages");
    for (std::size_t s = 0; s < stages(); ++s) {
      require_rows(words[s], options_.sizes.words, "bottleneck::set_words", "words");
      require_columns(words[s], layout_.width(options_.sizes, s), "bottleneck::set_words", "words");
      store.value(words_[s]) = words[s];
      if constexpr (maps_words) store.value(maps_[s]).setIdentity();
    }
    restart(store);
  }

  /// Replaces the rows of z (N x D) by words. Rows whose flag in `present` is 0 lack the modality: code no_code, words
  /// zero, and z itself goes on, with the gradient that comes back. Levels that a training pass drops have no_code too.
  [[nodiscard]] output operator()(variable<T> z, mask_view present = {}, pass p = {}) const {
    require_columns(z, options_.sizes.dim, "bottleneck", "z");
    tape<T>& t = z.owner();
    output out{z, z, z, code_matrix(), t.constant(T(0)), {}};
    std::vector<variable<T>> books;
    for (std::size_t s = 0; s < stages(); ++s) books.push_back(words(t, s));
    auto const kept = levels_kept(z.rows(), present, p);
    matrix<T> const sum = assign(z.value(), values_of(books), kept, out.codes, out.queries, t.executor());
    out.words = t.constant(sum);
    if constexpr (learns_words) out.word_loss = loss_of_words(t, books, out.queries, out.codes);
    if constexpr (SoftGradient<G>)
      out.quantised = mixture(z, books, out.codes);
    else
      out.quantised = gradient_(z, out.words);
    out.quantised = or_feature(out.quantised, z, kept);
    return out;
  }

  /// One batch of training: moves the words that are no parameters, counts usage, resets dead words. Entry m of
  /// `outputs` is what this bottleneck made of modality m; all have equal rows. Returns the number of words reset.
  std::size_t update(parameters<T>& store, std::span<output const> outputs, executor_ref executor = {}) {
    std::vector<bottleneck_rows<T>> rows;
    for (output const& o : outputs) rows.push_back(rows_of(o));
    return update(store, std::move(rows), executor);
  }
  /// The same of rows that come from elsewhere, for example from other ranks.
  std::size_t update(parameters<T>& store, std::vector<bottleneck_rows<T>> rows, executor_ref executor = {}) {
    std::size_t moved = 0;
    for (std::size_t r = 0; r < options_.ema_repeats; ++r, ++steps_) {
      if (r > 0) assign_again(store, rows, executor);
      for (std::size_t s = 0; s < stages(); ++s) {
        codebook<T> book{store.value(words_[s])};
        random_stream const random = random_stream(options_.seed).fork(1000 + s).fork(steps_);
        moved += memory_[s].update(book, rows, s, options_.reset, random);
        store.value(words_[s]) = book.words;
      }
    }
    return moved;
  }
  /// What `update` needs of an output.
  [[nodiscard]] bottleneck_rows<T> rows_of(output const& o) const {
    return {options_.ema_repeats > 1 ? matrix<T>(o.z.value()) : matrix<T>(), o.codes, o.queries};
  }

  /// The variable of a codebook: a parameter where words are learned, a constant otherwise.
  [[nodiscard]] variable<T> words(tape<T>& t, std::size_t stage = 0) const {
    if constexpr (maps_words)
      return matmul(stop_gradient(t[words_.at(stage)]), t[maps_.at(stage)]);
    else if constexpr (learns_words)
      return t[words_.at(stage)];
    else
      return stop_gradient(t[words_.at(stage)]);
  }
  [[nodiscard]] matrix<T> words(parameters<T> const& store, std::size_t stage = 0) const {
    if constexpr (maps_words)
      return simd::product<T>(store.value(words_.at(stage)), matrix<T>(store.value(maps_.at(stage))));
    else
      return store.value(words_.at(stage));
  }
  /// The trained quantizer, free of training code.
  [[nodiscard]] Q quantizer(parameters<T> const& store) const {
    Q q = layout_.make(options_.sizes, options_.seed);
    layout_.install(q, all_words(store), options_.sizes);
    return q;
  }

  [[nodiscard]] std::size_t stages() const { return layout_.stages(options_.sizes); }
  [[nodiscard]] bottleneck_options const& options() const noexcept { return options_; }
  [[nodiscard]] layout_type const& layout() const noexcept { return layout_; }
  /// What one stage remembers; throws value_error for a stage that there is not.
  [[nodiscard]] idle_counters const& idle(std::size_t stage = 0) const { return memory(stage).idle(); }
  /// Codes per modality since the last clear_usage: usage(stage)[modality].
  [[nodiscard]] std::vector<code_usage> const& usage(std::size_t stage = 0) const { return memory(stage).usage(); }
  void clear_usage() {
    for (auto& m : memory_) m.clear_usage();
  }
  [[nodiscard]] auto const& rule_state(std::size_t stage = 0) const { return memory(stage).state(); }

  /// What the parameter store does not hold: averages, counters, the number of updates.
  void to_fields(field_set& f, std::string const& prefix = "bottleneck.") const {
    f.put(prefix + "steps", std::vector<std::int64_t>{static_cast<std::int64_t>(steps_)});
    for (std::size_t s = 0; s < stages(); ++s) memory_[s].to_fields(f, prefix + std::to_string(s));
  }
  void from_fields(field_set const& f, std::string const& prefix = "bottleneck.") {
    bottleneck next = *this;
    next.steps_ = static_cast<std::size_t>(f.get_number<std::int64_t>(prefix + "steps"));
    for (std::size_t s = 0; s < stages(); ++s) next.memory_[s].from_fields(f, prefix + std::to_string(s));
    *this = std::move(next);
  }

 private:
  [[nodiscard]] stage_memory<T, rule_type, learns_words> const& memory(std::size_t stage) const {
    require_index(stage, memory_.size(), "bottleneck", "stage");
    return memory_[stage];
  }

  void check() const {
    codebook_sizes const& s = options_.sizes;
    if (s.words == 0 || s.dim == 0 || stages() == 0)
      throw value_error("bottleneck", "words, dim and levels must be at least 1");
    if (layout_.width(s, stages() - 1) == 0)
      throw value_error("bottleneck", "there are more groups of columns than columns");
    if (options_.ema_repeats == 0) throw value_error("bottleneck", "ema_repeats must be at least 1");
    if (!(options_.level_dropout >= 0 && options_.level_dropout <= 1))
      throw value_error("bottleneck", "level_dropout is " + to_text(options_.level_dropout) + ", expected 0 .. 1");
    if (options_.level_dropout > 0 && (SoftGradient<G> || (stages() > 1 && layout_.first_column(s, 1) > 0)))
      throw value_error("bottleneck", "level_dropout is for levels that add up, with a hard gradient policy");
  }

  void restart(parameters<T> const& store) {
    memory_.clear();
    for (parameter const words : words_) memory_.emplace_back(layout_.rule, codebook<T>{store.value(words)});
    steps_ = 0;
  }

  [[nodiscard]] static std::vector<matrix<T>> values_of(std::vector<variable<T>> const& books) {
    std::vector<matrix<T>> all;
    for (variable<T> const b : books) all.push_back(b.value());
    return all;
  }
  [[nodiscard]] std::vector<matrix<T>> all_words(parameters<T> const& store) const {
    std::vector<matrix<T>> all;
    for (std::size_t s = 0; s < stages(); ++s) all.push_back(words(store, s));
    return all;
  }

  /// How many levels each row goes through: none without the modality, all, or fewer by dropout.
  [[nodiscard]] std::vector<std::size_t> levels_kept(std::size_t rows, mask_view present, pass p) const {
    std::vector<std::size_t> kept(rows, stages());
    random_stream const random = random_stream(options_.seed).fork(2000).fork(p.step);
    for (std::size_t i = 0; i < rows; ++i) {
      if (p.training && options_.level_dropout > 0 && random.uniform(2 * i) < options_.level_dropout)
        kept[i] = 1 + random.below(2 * i + 1, stages());
      if (!present.empty() && present[i] == 0) kept[i] = 0;
    }
    return kept;
  }

  [[nodiscard]] metric_type stage_metric(std::size_t s) const {
    if constexpr (requires { layout_.stage_metric(options_.sizes, s); })
      return layout_.stage_metric(options_.sizes, s);
    else
      return layout_.metric;
  }

  /// Codes of all stages, the rows that each stage searched, and the sum of the words.
  [[nodiscard]] matrix<T> assign(matrix<T> const& z, std::vector<matrix<T>> const& words,
                                 std::vector<std::size_t> const& kept, code_matrix& codes,
                                 std::vector<matrix<T>>& queries, executor_ref executor) const {
    matrix<T> residual = z, sum = matrix<T>::Zero(z.rows(), z.cols());
    codes.resize(z.rows(), static_cast<index_t>(stages()));
    queries.clear();
    std::vector<code_t> found(row_count(z));
    for (std::size_t s = 0; s < stages(); ++s) {
      queries.push_back(layout_.query(residual, sum, options_.sizes, s));
      word_search<T, metric_type>(words[s], stage_metric(s)).nearest(queries.back(), found, executor);
      auto const first = static_cast<index_t>(layout_.first_column(options_.sizes, s));
      auto const cols = static_cast<index_t>(layout_.explained(options_.sizes, s));
      for (index_t i = 0; i < z.rows(); ++i) {
        bool const there = s < kept[static_cast<std::size_t>(i)];
        codes(i, static_cast<index_t>(s)) = there ? found[static_cast<std::size_t>(i)] : no_code;
        if (!there) continue;
        auto const word = words[s].row(found[static_cast<std::size_t>(i)]).leftCols(cols);
        residual.row(i).middleCols(first, cols) -= word;
        sum.row(i).middleCols(first, cols) += word;
      }
    }
    return sum;
  }

  /// `quantised`, but z where a row goes through no level.
  [[nodiscard]] static variable<T> or_feature(variable<T> quantised, variable<T> z,
                                              std::vector<std::size_t> const& kept) {
    if (std::find(kept.begin(), kept.end(), std::size_t{0}) == kept.end()) return quantised;
    std::vector<std::uint8_t> has_words(z.size());
    for (std::size_t i = 0; i < kept.size(); ++i)
      std::fill_n(has_words.begin() + static_cast<std::ptrdiff_t>(i * z.cols()), z.cols(), kept[i] > 0);
    return where(has_words, quantised, z);
  }

  /// sum over stages of mse(stop_gradient(query), word), each over the rows that have a code of the stage.
  [[nodiscard]] variable<T> loss_of_words(tape<T>& t, std::vector<variable<T>> const& books,
                                          std::vector<matrix<T>> const& queries, code_matrix const& codes) const {
    variable<T> total = t.constant(T(0));
    for (std::size_t s = 0; s < stages(); ++s) {
      auto const [found, ids] = coded_rows(queries[s], level_codes(codes, s));
      if (!ids.empty()) total = total + mse(gather_rows(books[s], std::span<code_t const>(ids)), t.constant(found));
    }
    return total;
  }
  /// The rows that have a code, and their codes.
  [[nodiscard]] static std::pair<matrix<T>, std::vector<code_t>> coded_rows(matrix<T> rows, std::vector<code_t> ids) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0) continue;
      if (kept < i) rows.row(static_cast<index_t>(kept)) = rows.row(static_cast<index_t>(i)), ids[kept] = ids[i];
      ++kept;
    }
    ids.resize(kept);
    rows.conservativeResize(static_cast<index_t>(kept), Eigen::NoChange);
    return {std::move(rows), std::move(ids)};
  }

  /// The mixtures of all stages, each made from what the chosen words of the stages before have left.
  [[nodiscard]] variable<T> mixture(variable<T> z, std::vector<variable<T>> const& books,
                                    code_matrix const& codes) const {
    tape<T>& t = z.owner();
    codebook_sizes const& sizes = options_.sizes;
    matrix<T> prefix = matrix<T>::Zero(static_cast<index_t>(z.rows()), static_cast<index_t>(z.cols()));
    std::vector<variable<T>> parts;
    for (std::size_t s = 0; s < stages(); ++s) {
      std::size_t const first = layout_.first_column(sizes, s), cols = layout_.explained(sizes, s);
      variable<T> query = slice_columns(z - t.constant(prefix), first, cols);
      if (std::size_t const wide = layout_.width(sizes, s); wide > cols) {
        matrix<T> const none = matrix<T>::Zero(prefix.rows(), prefix.cols());
        matrix<T> const tail = layout_.query(none, prefix, sizes, s).rightCols(static_cast<index_t>(wide - cols));
        query = concat_columns(query, t.constant(tail));
      }
      parts.push_back(
          slice_columns(gradient_.mix(metric_distances(stage_metric(s), query, books[s]), books[s], steps_), 0, cols));
      auto const book = books[s].value();
      for (index_t i = 0; i < prefix.rows(); ++i)
        if (code_t const c = codes(i, static_cast<index_t>(s)); c >= 0)
          prefix.row(i).middleCols(static_cast<index_t>(first), static_cast<index_t>(cols)) +=
              book.row(c).leftCols(static_cast<index_t>(cols));
    }
    if (stages() > 1 && layout_.first_column(sizes, 1) > 0) return concat_columns(std::span<variable<T> const>(parts));
    variable<T> sum = parts.front();
    for (std::size_t s = 1; s < parts.size(); ++s) sum = sum + parts[s];
    return sum;
  }

  /// With repeats, codes are searched again in the words as they are now.
  void assign_again(parameters<T> const& store, std::vector<bottleneck_rows<T>>& rows, executor_ref executor) const {
    std::vector<matrix<T>> const all = all_words(store);
    for (bottleneck_rows<T>& of : rows) {
      std::vector<std::size_t> kept(row_count(of.codes));
      for (std::size_t i = 0; i < kept.size(); ++i)
        kept[i] = static_cast<std::size_t>((of.codes.row(static_cast<index_t>(i)).array() >= 0).count());
      (void)assign(of.z, all, kept, of.codes, of.queries, executor);
    }
  }

  bottleneck_options options_;
  [[no_unique_address]] layout_type layout_;
  [[no_unique_address]] G gradient_;
  std::vector<parameter> words_;
  std::vector<parameter> maps_;                                   ///< of linear_words, width x width per stage
  std::vector<stage_memory<T, rule_type, learns_words>> memory_;  ///< one per stage
  std::size_t steps_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
