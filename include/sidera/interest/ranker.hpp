// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <optional>
#include <sidera/core/number_text.hpp>
#include <sidera/core/type_name.hpp>
#include <sidera/interest/code_embedding.hpp>
#include <sidera/interest/interest_pooling.hpp>
#include <sidera/interest/ranker_layout.hpp>
#include <sidera/interest/ranking_batch.hpp>
#include <sidera/interest/similarity_tiers.hpp>
#include <sidera/interest/table_starts.hpp>
#include <sidera/layers/mlp.hpp>
#include <sstream>

namespace sidera::inline SIDERA_ABI {

/// Sizes and first values of a \ref ranker.
struct ranker_options {
  std::size_t dim = 64;                         ///< of every embedding
  std::vector<std::size_t> hidden = {200, 80};  ///< of the tower, which ends in one logit
  double embedding_deviation = 0.05;            ///< of the first values of the tables
  double dropout = 0;                           ///< in the tower
  bool tier_histogram = true;                   ///< the tower reads the histogram of similarity_tiers, if there are any
  std::uint64_t seed = 0;
};

namespace detail {

/// Throws value_error for widths of 0 and a dropout outside [0, 1).
inline void require_ranker_options(ranker_options const& options) {
  if (options.dim == 0) throw value_error("ranker", "dim is 0, expected at least 1");
  for (std::size_t i = 0; i < options.hidden.size(); ++i)
    if (options.hidden[i] == 0)
      throw value_error("ranker", "hidden[" + std::to_string(i) + "] is 0, expected at least 1");
  if (!(options.dropout >= 0 && options.dropout < 1))
    throw value_error("ranker", "dropout is " + to_text(options.dropout) + ", expected 0 <= dropout < 1");
}

/// The start that the options ask for; throws value_error for a deviation that is negative or not finite.
[[nodiscard]] inline random_start start_of(ranker_options const& options) {
  if (!(options.embedding_deviation >= 0) || !std::isfinite(options.embedding_deviation))
    throw value_error(
        "ranker", "embedding_deviation is " + to_text(options.embedding_deviation) + ", expected a finite number >= 0");
  return {options.embedding_deviation};
}

}  // namespace detail

/// Scores how well a target follows after a history: interests of the history and the target's embeddings, one tower,
/// one logit. DIN (KDD 2018), DIN with semantic IDs and MCCA (arXiv 2508.20359) are \ref ranker_layout "layouts" of it.
///
/// Parameters: "<view>.table", "interest.<keys>...", "tower.i.weight", "tower.i.bias". Regular. Equal layouts, options
/// and pooling start with equal numbers. Const members may be called from many threads.
template <Scalar T = float, InterestPooling Pooling = din_attention<>>
class ranker {
 public:
  using scalar_type = T;

  /// Throws value_error for a layout that names views it does not have, for widths of 0, a dropout outside [0, 1) and a
  /// deviation that is negative or not finite; shape_error for views of different items.
  explicit ranker(ranker_layout layout, ranker_options options = {}, Pooling pooling = {},
                  similarity_tiers<T> tiers = {})
      : ranker(std::move(layout), options, std::move(pooling), std::move(tiers), detail::start_of(options)) {}

  /// The same with tables that start as `start` says; options.embedding_deviation is not looked at.
  template <TableStart<T> Start>
  ranker(ranker_layout layout, ranker_options options, Pooling pooling, similarity_tiers<T> tiers, Start const& start)
      : layout_(std::move(layout)),
        options_(std::move(options)),
        pooling_(std::move(pooling)),
        tiers_(std::move(tiers)) {
    detail::require_ranker_options(options_);
    if (layout_.views.empty()) throw value_error("ranker", "the layout has no views");
    random_stream const stream(options_.seed, 0x72616E6B);
    for (item_view const& view : layout_.views) add_view(view, stream, start);
    tiers_.require_items(items());
    for (interest const& i : layout_.interests) {
      layers_.push_back(
          detail::attach_pooling(pooling_, store_, "interest." + i.keys, options_.dim, stream, tiers_.counts()));
      keys_.push_back(layout_.find(i.keys));
      queries_.push_back(layout_.find(i.query));
    }
    for (std::string const& name : layout_.target) target_.push_back(layout_.find(name));
    tower_ = mlp<>(store_, "tower", tower_sizes(layout_, options_, tiers_), stream, options_.dropout, {},
                   kaiming_uniform{1});
  }

  /// One logit per row of the batch, N x 1. Throws what require_batch throws.
  [[nodiscard]] variable<T> logits(tape<T>& t, ranking_batch const& batch, pass p = {}) const {
    return tower_(tower_input(t, batch), p);
  }

  /// u, what the tower reads: N x (interests and target views times dim, plus tiers).
  [[nodiscard]] variable<T> tower_input(tape<T>& t, ranking_batch const& batch) const {
    require_batch(batch, items(), "ranker");
    history_items const history(batch.history, items());
    place_index const places = index_places(t, std::span<code_t const>(history.places), {batch.size(), batch.time()},
                                            history.items.size(), "ranker");
    std::vector<std::optional<row_sums<T>>> of_history(layout_.views.size());
    std::vector<std::optional<variable<T>>> of_target(layout_.views.size());
    auto const keys = [&](std::size_t view) {
      if (!of_history[view]) of_history[view] = embeddings_[view].sums(t, std::span<code_t const>(history.items));
      return *of_history[view];
    };
    auto const target = [&](std::size_t view) {
      if (!of_target[view]) of_target[view] = embeddings_[view](t, std::span<code_t const>(batch.target));
      return *of_target[view];
    };
    code_matrix const tiers = tiers_.columns() > 0 ? tiers_.of_places(batch) : code_matrix();
    std::vector<variable<T>> parts;
    for (std::size_t i = 0; i < layers_.size(); ++i)
      parts.push_back(detail::pool(layers_[i], keys(keys_[i]), places, target(queries_[i]), tiers));
    for (std::size_t const view : target_) parts.push_back(target(view));
    if (tiers_.columns() > 0 && options_.tier_histogram)
      parts.push_back(t.constant(tiers_.histogram(tiers, batch.size())));
    return concat_columns(std::span<variable<T> const>(parts));
  }

  /// The logits as numbers, without recording anything. The score of a row depends on that row alone, bit for bit.
  [[nodiscard]] std::vector<T> score(ranking_batch const& batch, executor_ref executor = {}) const {
    tape<T> t(store_, executor);
    variable<T> const y = logits(t, batch);
    return {y.data(), y.data() + y.size()};
  }

  [[nodiscard]] std::size_t items() const { return layout_.views.front().items(); }
  [[nodiscard]] parameters<T>& store() noexcept { return store_; }
  [[nodiscard]] parameters<T> const& store() const noexcept { return store_; }
  [[nodiscard]] ranker_layout const& layout() const noexcept { return layout_; }
  [[nodiscard]] ranker_options const& options() const noexcept { return options_; }

  /// Everything that scoring needs, codes of the items included.
  [[nodiscard]] field_set fields() const {
    field_set out;
    out.metadata = {{"model", "ranker"}, {"pooling", policy_name<Pooling>()}};
    out.metadata["interests"] = joined(layout_.interests, [](interest const& i) { return i.keys + "\n" + i.query; });
    out.metadata["target"] = joined(layout_.target, [](std::string const& name) { return name; });
    out.metadata["views"] = joined(layout_.views, [](item_view const& view) { return view.name; });
    out.metadata["tier_histogram"] = options_.tier_histogram ? "1" : "0";
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(options_.dim)};
    for (std::size_t const width : options_.hidden) sizes.push_back(static_cast<std::int64_t>(width));
    out.put("sizes", sizes);
    for (item_view const& view : layout_.views) put_view(out, view, "views." + view.name + ".");
    tiers_.to_fields(out, "tiers.");
    store_.to_fields(out, "parameters.");
    return out;
  }

  /// The ranker whose fields these are: it scores bit for bit like the one that was saved. The pooling is the caller's
  /// and has to have the type of the saved one. Throws value_error or shape_error for fields that make no ranker.
  [[nodiscard]] static ranker from_fields(field_set const& fields, Pooling pooling = {}) {
    constexpr std::string_view where = "ranker::from_fields";
    fields.require_model("ranker", where);
    if (std::string const& saved = fields.get_text("pooling"); saved != policy_name<Pooling>())
      throw value_error(where, "the fields are those of a \"ranker\" with pooling \"" + saved + "\", not with \"" +
                                   policy_name<Pooling>() + "\"");
    ranker_layout layout;
    for (std::string const& name : lines(fields.get_text("views")))
      layout.views.push_back(get_view(fields, name, "views." + name + "."));
    auto const pairs = lines(fields.get_text("interests"));
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) layout.interests.push_back({pairs[i], pairs[i + 1]});
    layout.target = lines(fields.get_text("target"));
    ranker_options options;
    options.hidden.clear();
    auto const& sizes = fields.get_vector<std::int64_t>("sizes");
    for (std::int64_t const size : sizes)
      if (size < 1 || size > 1'000'000) throw value_error(where, "\"sizes\" are no widths");
    if (sizes.empty()) throw value_error(where, "\"sizes\" is empty");
    options.dim = static_cast<std::size_t>(sizes[0]);
    options.tier_histogram = reads_histogram(fields);
    for (std::size_t i = 1; i < sizes.size(); ++i) options.hidden.push_back(static_cast<std::size_t>(sizes[i]));
    auto tiers = similarity_tiers<T>::from_fields(fields, "tiers.");
    require_sizes(fields, layout, options, tiers);
    ranker loaded(std::move(layout), std::move(options), std::move(pooling), std::move(tiers));
    loaded.store_.from_fields(fields, "parameters.");
    return loaded;
  }

 private:
  template <class Start>
  void add_view(item_view const& view, random_stream stream, Start const& start) {
    if (view.items() != items())
      throw shape_error("ranker", "view \"" + view.name + "\" has " + std::to_string(view.items()) + " items, \"" +
                                      layout_.views.front().name + "\" has " + std::to_string(items()));
    if (view.name.find('\n') != std::string::npos) throw value_error("ranker", "a view's name has a line break");
    embeddings_.emplace_back(store_, view.name, view, options_.dim, stream,
                             detail::start_of_view<Start>{&start, &view});
  }

  /// Inputs, hidden widths, one logit.
  [[nodiscard]] static std::vector<std::size_t> tower_sizes(ranker_layout const& layout, ranker_options const& options,
                                                            similarity_tiers<T> const& tiers) {
    std::size_t const histogram = options.tier_histogram ? tiers.columns() : 0;
    std::vector<std::size_t> sizes{(layout.interests.size() + layout.target.size()) * options.dim + histogram};
    sizes.insert(sizes.end(), options.hidden.begin(), options.hidden.end());
    sizes.push_back(1);
    return sizes;
  }
  /// Sizes out of a file, before memory is asked for.
  static void require_sizes(field_set const& fields, ranker_layout const& layout, ranker_options const& options,
                            similarity_tiers<T> const& tiers) {
    constexpr std::string_view where = "ranker::from_fields";
    require_mlp_fields<T>(fields, "parameters.tower", tower_sizes(layout, options, tiers), where);
    for (item_view const& view : layout.views) {
      std::string const table = "parameters." + view.name + ".table";
      std::size_t const numbers = fields.get_vector<T>(table).size();
      bool fits = true;  // each count first: their sum may be too large a number
      for (std::size_t const count : view.words) fits = fits && count <= numbers;
      if (!fits || !fields.holds<T>(table, view.word_count(), options.dim))
        throw value_error(where, "view \"" + view.name + "\" has other words than its table");
    }
  }

  template <class List, class Text>
  [[nodiscard]] static std::string joined(List const& list, Text const& text) {
    std::string out;
    for (auto const& entry : list) (out += text(entry)) += '\n';
    return out;
  }
  [[nodiscard]] static std::vector<std::string> lines(std::string const& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  /// Fields without the word are those of a ranker whose tower always read the histogram.
  [[nodiscard]] static bool reads_histogram(field_set const& fields) {
    auto const found = fields.metadata.find("tier_histogram");
    if (found == fields.metadata.end() || found->second == "1") return true;
    if (found->second == "0") return false;
    throw value_error("ranker::from_fields", "\"tier_histogram\" is neither 0 nor 1");
  }

  using layer_type = decltype(detail::attach_pooling(std::declval<Pooling const&>(), std::declval<parameters<T>&>(),
                                                     std::string(), std::size_t{}, random_stream(), tier_counts{}));

  ranker_layout layout_;
  ranker_options options_;
  Pooling pooling_;
  similarity_tiers<T> tiers_;
  parameters<T> store_;
  std::vector<code_embedding<>> embeddings_;  ///< one per view
  std::vector<layer_type> layers_;            ///< one per interest
  std::vector<std::size_t> keys_, queries_;   ///< views of the interests
  std::vector<std::size_t> target_;           ///< views of the target
  mlp<> tower_;
};

}  // namespace sidera::inline SIDERA_ABI
