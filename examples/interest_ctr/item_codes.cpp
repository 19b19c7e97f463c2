// SPDX-License-Identifier: MIT
#include "item_codes.hpp"

#include <sidera/interest/table_starts.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/quantizers/shared_view_quantizer.hpp>
#include <sidera/quantizers/view_scaling.hpp>
#include <sidera/residual_schemes/prefix.hpp>
#include <sidera/training/trainer.hpp>

#include "../common/rq_vae_model.hpp"

namespace program {
namespace {

sidera::any_quantizer<float> quantizer(std::string const& kind, settings const& s, std::uint64_t seed) {
  if (kind == "pq")
    return sidera::product_quantizer({.subspaces = s.levels, .words = s.words, .restarts = 2, .seed = seed});
  sidera::residual_quantizer_options const options{
      .levels = kind == "vq" ? 1 : s.levels, .words = s.words, .restarts = 2, .seed = seed};
  sidera::prefix_residual const scheme{.weight = kind == "psrq" ? s.prefix_weight : 0};
  return sidera::residual_quantizer(options, sidera::squared_euclidean{}, sidera::lloyd{}, scheme);
}

/// Encoder, residual codebooks and decoder learned together on the items; numbers that this data has had no say in.
coded_view learned_codes(std::string const& name, matrix<float> x, settings const& s, std::uint64_t seed) {
  sidera::row_vector<float> const mean = x.colwise().mean();
  x.rowwise() -= mean;
  if (float const deviation = std::sqrt(x.squaredNorm() / static_cast<float>(x.size())); deviation > 0) x /= deviation;
  rq_vae model({.hidden = 128, .latent = 32, .levels = s.levels, .words = s.words, .seed = seed},
               sidera::column_count(x));
  model.start(x);
  sidera::trainer training(model.store, sidera::row_count(x), {.epochs = 60, .batch = 64, .seed = seed},
                           sidera::adam{.learning_rate = 1e-3}, {}, {"main"});
  training.fit([&](tape<float>& t, std::span<std::size_t const> rows, sidera::pass p) {
    return model.loss(take_rows(t, x, rows), p);
  });
  auto const q = model.quantizer();
  return {sidera::quantized_view(name, model.encode(x, {}), q), sidera::level_words(q)};
}

}  // namespace

sidera::matrix<float> scaled(sidera::matrix<float> const& x, std::string const& scale) {
  if (scale == "none") return x;
  if (scale == "l2") return sidera::unit_row_scaling{}.fit<float>(x)(x);
  if (scale == "zscore") return sidera::z_score_scaling{}.fit<float>(x)(x);
  return sidera::equal_energy_scaling{}.fit<float>(x)(x);
}

sidera::matrix<float> side_by_side(std::vector<sidera::view<float>> const& views, std::string const& scale) {
  sidera::index_t columns = 0;
  for (auto const& v : views) columns += v.x.cols();
  sidera::matrix<float> all(views.front().x.rows(), columns);
  columns = 0;
  for (auto const& v : views) {
    all.middleCols(columns, v.x.cols()) = scaled(v.x, scale);
    columns += v.x.cols();
  }
  return all;
}

coded_view code_items(std::string const& name, sidera::matrix<float> const& x, std::string const& kind,
                      settings const& s, std::uint64_t seed) {
  if (kind == "rqvae") return learned_codes(name, x, s, seed);
  auto q = quantizer(kind, s, seed);
  auto codes = q.fit(x).codes;
  return {sidera::quantized_view(name, std::move(codes), q), sidera::level_words(q)};
}

std::vector<coded_view> code_together(std::vector<sidera::view<float>> const& sources,
                                      std::map<std::string, std::size_t> weights, settings const& s,
                                      std::uint64_t seed) {
  sidera::shared_view_quantizer shared(quantizer("rq", s, seed), std::move(weights));
  shared.fit(sources);
  auto codes = shared.encode(sources);
  std::vector<coded_view> coded;
  for (auto const& v : sources)
    coded.push_back({sidera::quantized_view(v.name, std::move(codes.at(v.name)), shared.quantizer()),
                     sidera::level_words(shared.quantizer())});
  return coded;
}

std::vector<sidera::code_t> id_numbers(std::vector<sidera::item_view const*> const& views, std::size_t items) {
  std::map<std::vector<sidera::code_t>, sidera::code_t> known;
  std::vector<sidera::code_t> numbers;
  for (std::size_t i = 0; i < items; ++i) {
    std::vector<sidera::code_t> id;
    for (auto const* view : views) {
      auto const row = view->codes.row(static_cast<sidera::index_t>(i));
      id.insert(id.end(), row.begin(), row.end());
    }
    if (views.empty()) id.push_back(static_cast<sidera::code_t>(i));
    numbers.push_back(known.try_emplace(id, static_cast<sidera::code_t>(known.size())).first->second);
  }
  return numbers;
}

}  // namespace program
