// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <sidera/core/random.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>
#include <sidera/quantizers/view_scaling.hpp>

namespace sidera::inline SIDERA_ABI {

/// A trained model without its training code: scale, encode, search. `Network` turns a modality into the features of
/// each codebook (\ref dcid_network), `Q` searches the words; neither decoders nor predictors, optimiser or tape of
/// gradients are left.
///
/// Made by `disentangling_model::inference()`, or constructed with the same options and given saved fields. Codes are
/// those of the trained model, bit for bit. Const members may be called from many threads.
template <class Network, class Q>
class code_model {
 public:
  using T = typename Q::scalar_type;
  /// Clips of as many steps as those that the model was trained on.
  static constexpr std::size_t as_trained = 0;

  /// For `load`: the options that the model was trained with.
  template <class Options>
  explicit code_model(Options const& options)
      : make_([options](parameters<T>& store, auto const& widths) {
          return Network(store, widths, options, random_stream());
        }),
        time_(options.time) {}
  /// A network with its values, and the words.
  template <class Options>
  code_model(Options const& options, std::vector<view_transform<T>> scaling, parameters<T> const& values,
             std::vector<Q> quantizers)
      : code_model(options) {
    scaling_ = std::move(scaling);
    build();
    for (std::size_t i = 0; i < store_.size(); ++i) store_.value({i}) = values.value(values.find(store_.name({i})));
    quantizers_ = std::move(quantizers);
  }

  /// The features that codebook `c` searches: N x dim. `x` are rows of modality m, clips of `time` steps.
  /// Throws value_error where there is no such modality or codebook or where x is not finite, shape_error for other
  /// columns or broken clips.
  [[nodiscard]] matrix<T> features(std::size_t m, matrix_cref<T> const& x, std::size_t c = 0,
                                   std::size_t time = as_trained, executor_ref executor = {}) const {
    constexpr std::string_view where = "code_model::features";
    require_index(c, Network::codebooks, where, "codebook");
    return all_features(m, x, time, executor, where)[c];
  }
  /// N x levels of all codebooks side by side. Throws as \ref features.
  [[nodiscard]] code_matrix encode(std::size_t m, matrix_cref<T> const& x, std::size_t time = as_trained,
                                   executor_ref executor = {}) const {
    auto const found = all_features(m, x, time, executor, "code_model::encode");
    code_matrix codes(x.rows(), static_cast<index_t>(level_count()));
    index_t at = 0;
    for (std::size_t c = 0; c < quantizers_.size(); ++c) {
      auto const levels = static_cast<index_t>(quantizers_[c].level_count());
      codes.middleCols(at, levels) = quantizers_[c].encode(found[c], executor);
      at += levels;
    }
    return codes;
  }
  /// The words of all codebooks side by side: N x (codebooks * dim).
  [[nodiscard]] matrix<T> decode(code_matrix const& codes) const {
    require_columns(codes, level_count(), "code_model::decode", "codes");
    matrix<T> words(codes.rows(), 0);
    index_t at = 0;
    for (Q const& q : quantizers_) {
      auto const levels = static_cast<index_t>(q.level_count());
      matrix<T> const own = q.decode(code_matrix(codes.middleCols(at, levels)));
      words.conservativeResize(Eigen::NoChange, words.cols() + own.cols());
      words.rightCols(own.cols()) = own;
      at += levels;
    }
    return words;
  }

  [[nodiscard]] std::size_t modalities() const noexcept { return scaling_.size(); }
  [[nodiscard]] std::size_t level_count() const noexcept {
    std::size_t n = 0;
    for (Q const& q : quantizers_) n += q.level_count();
    return n;
  }
  [[nodiscard]] std::vector<Q> const& quantizers() const noexcept { return quantizers_; }

  /// This model with other quantizers, make(q, c) instead of q of codebook c: with \ref on_channels, TOC on the model
  /// as a whole.
  template <class Make>
  [[nodiscard]] auto with_quantizers(Make const& make) const {
    code_model<Network, std::decay_t<std::invoke_result_t<Make const&, Q const&, std::size_t>>> out(make_, time_);
    out.scaling_ = scaling_;
    out.store_ = store_;
    out.network_ = network_;
    for (std::size_t c = 0; c < quantizers_.size(); ++c) out.quantizers_.push_back(make(quantizers_[c], c));
    return out;
  }

  /// What io/ writes and reads.
  [[nodiscard]] field_set fields() const {
    field_set f;
    f.metadata["model"] = "code_model";
    f.metadata["modalities"] = to_text(modalities());
    store_.to_fields(f, "network.");
    for (std::size_t m = 0; m < scaling_.size(); ++m) scaling_[m].save(f, "scaling_" + to_text(m));
    for (std::size_t c = 0; c < quantizers_.size(); ++c)
      detail::put_prefixed(f, "codebook_" + to_text(c) + ".", quantizers_[c].fields());
    return f;
  }
  /// Throws value_error or shape_error when the fields are of another model; then nothing has changed.
  void load(field_set const& f) {
    constexpr std::string_view where = "code_model::load";
    f.require_model("code_model", where);
    auto const modalities = from_text<std::size_t>(f.get_text("modalities"), where);
    if (modalities < 2)
      throw value_error(where, "there are " + to_text(modalities) + " modalities, expected at least 2");
    code_model next = *this;
    next.scaling_.clear();
    for (std::size_t m = 0; m < modalities; ++m) {  // no memory for modalities that the fields only speak of
      next.scaling_.emplace_back();
      next.scaling_.back().load(f, "scaling_" + to_text(m));
    }
    next.build();
    next.store_.from_fields(f, "network.");
    next.quantizers_.assign(Network::codebooks, Q());
    for (std::size_t c = 0; c < Network::codebooks; ++c)
      next.quantizers_[c].load(detail::without_prefix(f, "codebook_" + to_text(c) + "."));
    next.require_whole(f, where);
    *this = std::move(next);
  }

 private:
  using network_maker = std::function<Network(parameters<T>&, std::vector<std::size_t> const&)>;
  template <class, class>
  friend class code_model;
  code_model(network_maker make, std::size_t time) : make_(std::move(make)), time_(time) {}

  void build() {
    std::vector<std::size_t> widths;
    for (auto const& s : scaling_) widths.push_back(column_count(s.offset));
    store_ = {};
    network_ = make_(store_, widths);
  }

  /// Throws unless the fields have nothing but this model, and every codebook is as wide as the features it searches.
  void require_whole(field_set const& f, std::string_view where) const {
    for (auto const& [name, t] : f.tensors)
      if (std::string_view const rest(name); rest.starts_with("network.") && !store_.contains(rest.substr(8)))
        throw value_error(where, "the model has no \"" + name + "\"");
    auto const found =
        all_features(0, matrix<T>::Zero(1, static_cast<index_t>(column_count(scaling_.front().offset))), 1, {}, where);
    for (std::size_t c = 0; c < quantizers_.size(); ++c)
      if (quantizers_[c].dim() != column_count(found[c]))
        throw shape_error(where, "codebook " + to_text(c) + " has words of " + to_text(quantizers_[c].dim()) +
                                     " columns, the features have " + to_text(column_count(found[c])));
  }

  [[nodiscard]] std::vector<matrix<T>> all_features(std::size_t m, matrix_cref<T> const& x, std::size_t time,
                                                    executor_ref executor, std::string_view where) const {
    if (scaling_.empty()) throw not_fitted_error(where, "load a model first");
    require_index(m, modalities(), where, "modality");
    require_columns(x, column_count(scaling_[m].offset), where, "x");
    require_finite<T>(x, where, "x");
    if (time == as_trained) time = time_;
    if (time == 0 || row_count(x) % time != 0)
      throw shape_error(where, "x is " + shape_text(x) + ", expected clips of " + to_text(time) + " rows");
    std::vector<matrix<T>> out(Network::codebooks, matrix<T>(0, 0));
    matrix<T> const scaled = scaling_[m](x);
    tape<T> t(store_, executor);
    auto const found = network_(m, t.refer(scaled), {{row_count(x) / time, time}});
    for (std::size_t c = 0; c < found.size(); ++c) out[c] = found[c].value();
    return out;
  }

  network_maker make_;
  std::size_t time_;
  parameters<T> store_;
  Network network_;
  std::vector<view_transform<T>> scaling_;
  std::vector<Q> quantizers_;
};

}  // namespace sidera::inline SIDERA_ABI
