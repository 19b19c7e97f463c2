// SPDX-License-Identifier: MIT
/// \file  Appending on embeddings of real catalogues, where they are at hand.
#include <doctest/doctest.h>

#include <sidera/io/load.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/semantic_ids/append_items.hpp>
#include <sidera/semantic_ids/capacity_per_bucket.hpp>
#include <sidera/semantic_ids/collisions.hpp>
#include <sidera/semantic_ids/relocate_nearest.hpp>
#include <sidera/semantic_ids/sinkhorn_last_level.hpp>

namespace {

using sidera::index_t;

/// The squared distance of row `first` + item to what its prefix and each last word decode to.
[[nodiscard]] sidera::last_level_costs decoded_costs(sidera::residual_quantizer<> const& q,
                                                     sidera::matrix<float> const& x, sidera::code_matrix const& codes) {
  return [&q, &x, &codes](std::size_t item, std::span<double> out) {
    auto const i = static_cast<index_t>(item);
    sidera::code_matrix tried = codes.row(i).replicate(static_cast<index_t>(out.size()), 1);
    for (index_t c = 0; c < tried.rows(); ++c) tried(c, tried.cols() - 1) = static_cast<sidera::code_t>(c);
    sidera::matrix<float> const decoded = q.decode(tried);
    for (index_t c = 0; c < tried.rows(); ++c)
      out[static_cast<std::size_t>(c)] = static_cast<double>((decoded.row(c) - x.row(i)).squaredNorm());
  };
}

/// IDs of nine items in ten; then the tenth come.
template <class R>
void check_append(sidera::residual_quantizer<> const& q, sidera::matrix<float> const& first,
                  sidera::matrix<float> const& later, R const& resolver) {
  std::vector<std::size_t> const words(3, 64);
  auto const old_codes = q.encode(first), new_codes = q.encode(later);
  auto const model = sidera::fields_fingerprint(q.fields());
  auto const published = resolver(sidera::collision_problem{old_codes, words, decoded_costs(q, first, old_codes)});
  REQUIRE(published.unresolved == 0);
  sidera::id_table table(published.ids, published.words, model);
  auto const added = sidera::append_items(table, new_codes, words, resolver, model, decoded_costs(q, later, new_codes));
  CHECK(table.ids().topRows(first.rows()) == published.ids);
  CHECK(table.version() == 2);
  CHECK(added.unresolved == 0);
  CHECK(sidera::report_collisions(table.ids()).distinct == sidera::row_count(first) + sidera::row_count(later));
}

}  // namespace

TEST_CASE("append_items: ten per cent of Last.fm's and Amazon's items move no published ID") {
  char const* const data = std::getenv("SIDERA_DATA_DIR");
  if (data == nullptr) {
    MESSAGE("skipped: SIDERA_DATA_DIR is not set");
    return;
  }
  for (std::string const file : {"/lastfm2k_mm/text_minilm.npy", "/amazon_industrial_sid/text_glove100_derived.npy"}) {
    CAPTURE(file);
    auto const x = sidera::load_matrix<float>(data + file);
    index_t const old = x.rows() - x.rows() / 10;
    sidera::matrix<float> const first = x.topRows(old), later = x.bottomRows(x.rows() - old);
    sidera::residual_quantizer<> q({.levels = 3, .words = 64, .iterations = 4, .seed = 7});
    q.fit(first);
    check_append(q, first, later, sidera::extra_digit{});
    check_append(q, first, later, sidera::relocate_nearest{});
    check_append(q, first, later, sidera::capacity_per_bucket{});
    check_append(q, first, later, sidera::sinkhorn_last_level{});
  }
}
