// SPDX-License-Identifier: MIT
#pragma once
/// \file  One shared codebook, and everything that is trained around it.
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/disentangling/encoders.hpp>
#include <sidera/disentangling/late_words.hpp>
#include <sidera/disentangling/stage_batch.hpp>
#include <sidera/losses/code_matching.hpp>
#include <sidera/losses/mse.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a stage is given: one entry per modality.
template <Scalar T>
struct stage_input {
  std::vector<variable<T>> target;             ///< what is to be reconstructed
  std::vector<variable<T>> general, specific;  ///< features, rows as those of `target`
  std::vector<mask_view> present;              ///< rows that have the modality; empty: all
  sequence_shape shape;
  std::size_t step = 0;  ///< of the training
  bool bypass = false;   ///< the codebook is not ready: features go on as they are
};

/// Turns general features into codes of one codebook for all modalities, and says how bad they are. What is left of it
/// after training is its quantizer.
///
/// `Q` is any quantizer that can be a \ref bottleneck, `D` a \ref Decoupler.
template <class Q, Decoupler D>
class disentangling_stage {
 public:
  using T = typename Q::scalar_type;
  using bottleneck_type = bottleneck<Q>;
  using layout_type = typename bottleneck_type::layout_type;
  using decoupler_type = typename D::template state<T>;

  disentangling_stage() = default;
  /// `widths` are those of the reconstruction targets.
  disentangling_stage(parameters<T>& store, std::string const& name, std::vector<std::size_t> const& widths,
                      std::size_t dim, std::size_t specific_dim, std::size_t time, objective_options options,
                      layout_type layout, D const& decoupler, random_stream random)
      : options_(std::move(options)) {
    if (!options_.terms.mm_ema)
      if constexpr (requires { layout.rule.own_weight; }) layout.rule.own_weight = 1, layout.rule.weights.resize(0, 0);
    dead_code_reset reset = options_.reset;
    reset.enabled = reset.enabled && options_.terms.reset;
    codes_ = bottleneck_type(store, name + ".codebook",
                             {.sizes = {options_.words, options_.levels, dim},
                              .reset = reset,
                              .ema_repeats = options_.ema_repeats,
                              .seed = random.bits(0)},
                             std::move(layout));
    align_ = alignment<T>(store, name + ".align", widths.size(), dim, time, options_.alignment, random.fork(1));
    for (std::size_t m = 0; m < widths.size(); ++m) {
      std::string const own = "." + std::to_string(m);
      std::vector<std::size_t> sizes = {dim + specific_dim};
      sizes.insert(sizes.end(), options_.decoder_hidden.begin(), options_.decoder_hidden.end());
      sizes.push_back(widths[m]);
      decoders_.emplace_back(store, name + ".decoder" + own, sizes, random.fork(100 + m));
      decouplers_.emplace_back(decoupler, store, name + ".decoupler" + own, dim, specific_dim, random.fork(200 + m));
    }
  }

  /// Words will start once more, by k-means of the first features that get codes (four for every word, from as many
  /// batches as that takes): for a stage whose codebook joins in late, when features are no longer those that the words
  /// have started at.
  void start_words_late() { late_.await(4 * options_.words); }

  /// Forgets what the last call of `loss` has left; the next ones get such parts of a batch.
  void start(batch_part part) {
    last_.clear();
    batch_ = {part, {}, {}, {}};
  }

  /// The weighted sum of all terms; remembers the codes for `update`.
  [[nodiscard]] variable<T> loss(stage_input<T> const& in) {
    start(batch_.part);
    std::vector<variable<T>> passed = in.general;
    bool const quantise = options_.quantise && !in.bypass;
    for (std::size_t m = 0; quantise && m < passed.size(); ++m) {
      last_.push_back(codes_(in.general[m], in.present[m]));
      passed[m] = last_.back().quantised;
    }
    variable<T> total = zero(in);
    if (batch_.part == batch_part::survey) {
      survey(in, passed);
      return total;
    }
    auto const add = [&](bool wanted, double weight, double objective_values::*value, auto const& term) {
      if (!wanted || weight == 0) return;
      variable<T> const loss = term();
      batch_.values.*value = static_cast<double>(loss.item());
      total = total + weight * loss;
    };
    objective_terms const& terms = options_.terms;
    objective_weights const& w = options_.weights;
    add(terms.reconstruct, w.reconstruct, &objective_values::reconstruct, [&] { return reconstruction(in, passed); });
    add(terms.align, w.align, &objective_values::align, [&] {
      return align_(in.general, in.shape, in.step,
                    [&](variable<T> v, std::size_t a, std::size_t b) { return rows_of(v, in, a, b); });
    });
    add(terms.decouple, w.decouple, &objective_values::decouple, [&] { return decoupling(in, passed); });
    add(quantise, 1, &objective_values::commit, [&] { return commitments(in); });
    add(quantise && terms.match, w.match, &objective_values::match, [&] { return matching(in); });
    add(quantise && bottleneck_type::learns_words, w.words, &objective_values::words, [&] { return word_losses(in); });
    batch_.values.total = static_cast<double>(total.item());
    return total;
  }

  /// Moves words that are no parameters, and resets dead ones; returns how many. Call it before the optimiser's step.
  std::size_t update(parameters<T>& store, executor_ref executor = {}) {
    std::vector<bottleneck_rows<T>> all = batch_.rows.empty() ? rows() : std::move(batch_.rows);
    last_.clear(), batch_.rows.clear();
    if (all.empty()) return 0;
    if (late_.awaits() && late_.add(all)) {
      codes_.start(store, late_.take(), executor);
      return 0;
    }
    return codes_.update(store, std::move(all), executor);
  }
  /// What `update` needs of the last call of `loss`, one entry per modality; empty without codes.
  [[nodiscard]] std::vector<bottleneck_rows<T>> rows() const {
    std::vector<bottleneck_rows<T>> out;
    for (auto const& o : last_) {
      out.push_back(codes_.rows_of(o));
      if (late_.awaits()) out.back().z = o.z.value();
    }
    return out;
  }

  /// What the parameter store does not hold of the state between two steps.
  void to_fields(field_set& f, std::string const& prefix) const {
    codes_.to_fields(f, prefix + "codebook.");
    late_.to_fields(f, prefix + "late_words.");
    if constexpr (decouplers_remember)
      for (std::size_t m = 0; m < decouplers_.size(); ++m)
        decouplers_[m].to_fields(f, prefix + "decoupler_" + to_text(m) + ".");
    auto const& v = batch_.values;
    f.put(prefix + "values",
          std::vector<double>{v.reconstruct, v.commit, v.align, v.decouple, v.match, v.words, v.total});
  }
  void from_fields(field_set const& f, std::string const& prefix) {
    codes_.from_fields(f, prefix + "codebook.");
    late_.from_fields(f, prefix + "late_words.");
    if constexpr (decouplers_remember)
      for (std::size_t m = 0; m < decouplers_.size(); ++m)
        decouplers_[m].from_fields(f, prefix + "decoupler_" + to_text(m) + ".");
    auto const& v = f.get_vector<double>(prefix + "values");
    if (v.size() != 7) throw shape_error("disentangling_stage::from_fields", "\"" + prefix + "values\" are not seven");
    batch_.values = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
  }

  [[nodiscard]] bottleneck_type& codes() noexcept { return codes_; }
  [[nodiscard]] bottleneck_type const& codes() const noexcept { return codes_; }
  [[nodiscard]] objective_options const& options() const noexcept { return options_; }
  [[nodiscard]] objective_values const& values() const noexcept { return batch_.values; }
  [[nodiscard]] stage_batch<T>& batch() noexcept { return batch_; }
  /// One per modality; \ref club_decoupler tells whether specific features have collapsed.
  [[nodiscard]] std::vector<decoupler_type> const& decouplers() const noexcept { return decouplers_; }
  [[nodiscard]] std::vector<decoupler_type>& decouplers() noexcept { return decouplers_; }

 private:
  static constexpr bool decouplers_remember = detail::fits_on_batches<decoupler_type, T>;
  static_assert(!decouplers_remember || detail::has_fields<decoupler_type>,
                "this decoupler learns inside its call, and a checkpoint would lose what: give its state to_fields and "
                "from_fields");

  /// The rows of `v` that have modalities a and b.
  [[nodiscard]] static variable<T> rows_of(variable<T> v, stage_input<T> const& in, std::size_t a, std::size_t b) {
    mask_view const first = in.present[a], second = in.present[b];
    if (first.empty() && second.empty()) return v;
    std::vector<code_t> rows;
    for (std::size_t i = 0; i < v.rows(); ++i)
      if ((first.empty() || first[i] != 0) && (second.empty() || second[i] != 0))
        rows.push_back(static_cast<code_t>(i));
    return rows.size() == v.rows() ? v : gather_rows(v, std::span<code_t const>(rows));
  }

  [[nodiscard]] variable<T> zero(stage_input<T> const& in) const { return in.general.front().owner().constant(T(0)); }

  [[nodiscard]] variable<T> reconstruction(stage_input<T> const& in, std::vector<variable<T>> const& passed) const {
    variable<T> total = zero(in);
    for (std::size_t m = 0; m < passed.size(); ++m) {
      variable<T> const from = rows_of(concat_columns(passed[m], in.specific[m]), in, m, m);
      if (from.rows() > 0) total = total + mse(decoders_[m](from), rows_of(in.target[m], in, m, m));
    }
    return total;
  }

  [[nodiscard]] variable<T> decoupling(stage_input<T> const& in, std::vector<variable<T>> const& passed) {
    variable<T> total = zero(in);
    for (std::size_t m = 0; m < passed.size(); ++m) {
      variable<T> const general = rows_of(passed[m], in, m, m), specific = rows_of(in.specific[m], in, m, m);
      if (general.rows() == 0) continue;
      sequence_shape const shape = in.shape.time == 1 ? sequence_shape{general.rows(), 1} : in.shape;
      total = total + decoupled(m, general, specific, shape, in.step);
    }
    return total;
  }
  [[nodiscard]] variable<T> decoupled(std::size_t m, variable<T> general, variable<T> specific, sequence_shape shape,
                                      std::size_t step) {
    if constexpr (detail::fits_on_batches<decoupler_type, T>)
      if (batch_.part == batch_part::piece) return decouplers_[m].estimate(general, specific, shape, step);
    return decouplers_[m](general, specific, shape, step);
  }
  void survey(stage_input<T> const& in, std::vector<variable<T>> const& passed) {
    for (std::size_t m = 0; m < passed.size(); ++m)
      for (variable<T> const v : {passed[m], in.specific[m]}) batch_.surveyed.push_back(rows_of(v, in, m, m).value());
  }

  [[nodiscard]] variable<T> commitments(stage_input<T> const& in) const {
    variable<T> total = zero(in);
    commitment_weights w = options_.weights.commitment;
    if (!options_.terms.cross_commitment) w.cross = 0;
    for (std::size_t m = 0; m < last_.size(); ++m)
      for (std::size_t o = 0; o < last_.size(); ++o) {
        double const weight = m == o ? w.own : w.cross;
        variable<T> const z = rows_of(in.general[m], in, m, o);
        if (weight != 0 && z.rows() > 0) total = total + weight * commitment(z, rows_of(last_[o].words, in, m, o));
      }
    return total;
  }

  /// CMCM over all pairs, by the words of the first level or the first group of columns.
  [[nodiscard]] variable<T> matching(stage_input<T> const& in) const {
    variable<T> total = zero(in);
    auto const& sizes = codes_.options().sizes;
    variable<T> const words = codes_.words(total.owner());
    for (std::size_t a = 0; a < in.general.size(); ++a)
      for (std::size_t b = a + 1; b < in.general.size(); ++b) {
        auto const use = [&](std::size_t m) {
          variable<T> const z = rows_of(in.general[m], in, a, b);
          variable<T> const part = slice_columns(z, 0, codes_.layout().explained(sizes, 0));
          sequence_shape const shape = in.shape.time == 1 ? sequence_shape{z.rows(), 1} : in.shape;
          return code_distribution(part, words, shape, options_.matching_temperature);
        };
        if (rows_of(in.general[a], in, a, b).rows() > 1) total = total + code_matching(use(a), use(b));
      }
    return total;
  }

  [[nodiscard]] variable<T> word_losses(stage_input<T> const& in) const {
    variable<T> total = zero(in);
    for (auto const& o : last_) total = total + o.word_loss;
    return total;
  }

  objective_options options_;
  bottleneck_type codes_;
  alignment<T> align_;
  std::vector<mlp<>> decoders_;
  std::vector<decoupler_type> decouplers_;
  std::vector<typename bottleneck_type::output> last_;
  stage_batch<T> batch_;
  late_words<T> late_;
};

}  // namespace sidera::inline SIDERA_ABI
