// SPDX-License-Identifier: MIT
#pragma once
#include <ctime>
#include <sidera/experiments/channel_choice.hpp>
#include <sidera/experiments/code_quality.hpp>
#include <sidera/experiments/grid.hpp>
#include <sidera/experiments/quantizer_family.hpp>

namespace sidera::inline SIDERA_ABI {

/// What all cells of a grid of quantizers share.
struct quantizer_data {
  matrix<float> x;
  std::vector<std::int32_t> labels = {};  ///< one per row, or empty
  bool times = true;                      ///< also measure processor time, the one figure that differs between runs
};

namespace detail {

/// Seconds of processor time of this thread: fair also while other cells run beside this one.
[[nodiscard]] inline double thread_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

[[nodiscard]] inline named_numbers figures_of(code_quality const& quality) {
  return {{"relative error", quality.relative_error.back()},
          {"perplexity", quality.usage.back().perplexity},
          {"unique ratio", quality.collisions.unique_ratio},
          {"no-collision rate", quality.collisions.no_collision_rate},
          {"largest bucket", static_cast<double>(quality.collisions.largest_bucket)}};
}

/// Words, networks, rotations: all numbers that encoding or decoding needs. What a word explains is not counted, since
/// it is a part of the word (or, of words without a length, a number of the same kind).
[[nodiscard]] inline double numbers_stored(field_set const& fields) {
  double sum = 0;
  for (auto const& [name, tensor] : fields.tensors)
    if (!name.ends_with(".explained")) sum += static_cast<double>(tensor.size());
  return sum;
}

}  // namespace detail

/// Trains a quantizer, encodes its training rows and measures the codes. Axes in this order: \ref quantizer_families,
/// \ref metrics, \ref update_rules, \ref channel_choices. Figures: relative error, perplexity of the last level, unique
/// ratio, no-collision rate, largest bucket, how many numbers the model stores; with labels the NMI of each level.
struct quantizer_study {
  using data_type = quantizer_data;

  template <class F, class M, class U, class C>
  requires QuantizerFamily<F, M, U> && ChannelChoice<C, family_quantizer_t<F, M, U>>
  [[nodiscard]] named_numbers operator()(type_list<F, M, U, C>, quantizer_data const& data,
                                         run_point const& point) const {
    auto quantizer = F::template make<M, U>(point);
    double const start = detail::thread_seconds();
    (void)quantizer.fit(data.x);
    if constexpr (requires { F::finish(quantizer, data.x, point); }) F::finish(quantizer, data.x, point);
    double const fitted = detail::thread_seconds();
    code_matrix const codes = C::encode(quantizer, data.x, point);
    double const encoded = detail::thread_seconds();
    code_quality const quality = measure_codes(quantizer, data.x, codes, data.labels);
    named_numbers figures = detail::figures_of(quality);
    figures.emplace_back("numbers stored", detail::numbers_stored(quantizer.fields()));
    if (data.times) {
      figures.emplace_back("fit ms", 1e3 * (fitted - start));
      figures.emplace_back("encode us per row", 1e6 * (encoded - fitted) / static_cast<double>(data.x.rows()));
    }
    for (std::size_t l = 0; l < quality.nmi_labels.size(); ++l)
      figures.emplace_back("NMI " + std::to_string(l + 1), quality.nmi_labels[l]);
    return figures;
  }
};
static_assert(Study<quantizer_study>);

}  // namespace sidera::inline SIDERA_ABI
