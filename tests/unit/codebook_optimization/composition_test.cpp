// SPDX-License-Identifier: MIT
/// \file  Kept channels as a metric: every level of a model of the quantisation tower requantises.
#include <laws/sample_data.hpp>
#include <sidera/codebook_optimization/kept_channels.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

using namespace sidera;
using kept_euclidean = kept_channels<squared_euclidean>;
using psrq = residual_quantizer<squared_euclidean, lloyd, prefix_residual>;
using optimised_psrq = residual_quantizer<kept_euclidean, lloyd, prefix_residual>;

static_assert(Divergence<kept_channels<cosine>> && LinearMetric<kept_channels<cosine>>);
static_assert(Divergence<kept_channels<manhattan>> && !LinearMetric<kept_channels<manhattan>>);
static_assert(Metric<kept_channels<inner_product>> && !Divergence<kept_channels<inner_product>>);
static_assert(UpdateRuleFor<lloyd, kept_euclidean> && !UpdateRuleFor<lloyd, kept_channels<manhattan>>);

namespace {

std::vector<residual_level<float>> levels_of(psrq const& model) {
  std::vector<residual_level<float>> levels;
  for (std::size_t l = 0; l < model.level_count(); ++l) levels.push_back(model.level(l));
  return levels;
}

psrq trained(matrix<float> const& x) {
  psrq model({.levels = 3, .words = 12});
  (void)model.fit(x);
  return model;
}

}  // namespace

TEST_CASE("All channels kept: the codes of the model itself, at every level") {
  auto const x = laws::clustered<float>(300, 8, 15, 1, 0.5);
  auto const model = trained(x);
  for (kept_euclidean const& metric : {kept_euclidean({5, 0, 3, 1, 7, 2, 6, 4}, 8), kept_euclidean()}) {
    optimised_psrq optimised({}, metric);
    optimised.set_levels(levels_of(model), 8);
    CHECK(optimised.encode(x) == model.encode(x));
  }
}

TEST_CASE("The first level is requantise on its words; PSRQ keeps the channels in both halves") {
  auto const x = laws::clustered<float>(300, 8, 15, 2, 0.5);
  auto const model = trained(x);
  auto const kept = select_channels(channel_scores(toc_criterion{}, model.level(0).search.words), 5);
  optimised_psrq optimised({}, kept_euclidean(kept, 8));
  optimised.set_levels(levels_of(model), 8);
  code_matrix const codes = optimised.encode(x);
  std::vector<code_t> const first = requantise(x, model.level(0).search.words, kept);
  for (index_t i = 0; i < x.rows(); ++i) CHECK(codes(i, 0) == first[static_cast<std::size_t>(i)]);
  CHECK(codes.col(0) != model.encode(x).col(0));

  channel_list both = kept;  // level 2 by hand: [residual ; prefix] with the kept channels of each half
  for (index_t const k : kept) both.push_back(k + 8);
  matrix<float> const prefix = optimised.decode(codes.leftCols(1));
  matrix<float> query(x.rows(), 16);
  query << x - prefix, prefix;
  std::vector<code_t> const second = requantise(query, model.level(1).search.words, both);
  for (index_t i = 0; i < x.rows(); ++i) CHECK(codes(i, 1) == second[static_cast<std::size_t>(i)]);
}

TEST_CASE("A model may be trained in the kept channels; saved and loaded it keeps them") {
  auto const x = laws::clustered<float>(200, 6, 9, 3, 0.5);
  optimised_psrq model({.levels = 2, .words = 6}, kept_euclidean({4, 1}, 6));
  auto const report = model.fit(x);
  CHECK(model.encode(x) == report.codes);
  optimised_psrq other;
  other.load(model.fields());
  CHECK(other.encode(x) == report.codes);
  auto damaged = model.fields();
  damaged.metadata["kept_channels"] = "4 6";
  CHECK_THROWS_AS(other.load(damaged), value_error);
  damaged.metadata["kept_channels"] = "4  1";
  CHECK_THROWS_AS(other.load(damaged), value_error);
  CHECK(other.encode(x) == report.codes);
}

TEST_CASE("Every metric sees the kept channels alone, whatever the others hold") {
  auto const rows = laws::gaussian<float>(2, 5, 4);
  matrix<float> disturbed = rows;
  disturbed.col(0).setConstant(1e6f);
  disturbed(1, 3) = -1e6f;
  channel_list const kept{4, 1, 2};
  auto const same = [&](auto const& metric) {
    kept_channels const through(kept, 5, metric);
    auto const a = std::span<float const>(row_span(rows, 0)), b = std::span<float const>(row_span(rows, 1));
    auto const c = std::span<float const>(row_span(disturbed, 0)), d = std::span<float const>(row_span(disturbed, 1));
    CHECK(through(a, b) == through(c, d));
    CHECK(through.exact(a, b) == through.exact(c, d));
    matrix<float> const sliced = slice_words(rows, kept);
    CHECK(through.exact(a, b) == exact_distance(metric, std::span<float const>(row_span(sliced, 0)),
                                                std::span<float const>(row_span(sliced, 1))));
  };
  same(squared_euclidean{});
  same(cosine{});
  same(inner_product{});
  same(manhattan{});
  // A metric with one weight per column keeps the weights of its channels.
  kept_channels const weighted(kept, 5, weighted_squared_euclidean{{9, 2, 3, 9, 5}});
  auto const r = rows.row(0) - rows.row(1);
  CHECK(weighted(std::span<float const>(row_span(rows, 0)), std::span<float const>(row_span(rows, 1))) ==
        doctest::Approx(static_cast<double>(5 * r(4) * r(4) + 2 * r(1) * r(1) + 3 * r(2) * r(2))));
  CHECK_THROWS_AS(kept_euclidean({5}, 5), value_error);
  CHECK_THROWS_AS(kept_euclidean({}, 5), value_error);
}

TEST_CASE("kept_channels refuses channels that are named twice, and rows of another width") {
  CHECK_THROWS_WITH_AS(kept_euclidean({3, 1, 3}, 5), "kept_channels: channel 3 is kept twice", value_error);
  kept_euclidean const kept({4, 1}, 5);
  std::vector<float> const row(5, 1), two(10, 1), other(7, 1);
  std::vector<double> direction(7);
  CHECK(kept(std::span(two), std::span(two)) == 0);
  char const* const why = "kept_channels: a row has 7 columns, expected a multiple of 5";
  CHECK_THROWS_WITH_AS((void)kept(std::span(row), std::span(other)), why, shape_error);
  CHECK_THROWS_WITH_AS((void)kept.exact(std::span(other), std::span(row)), why, shape_error);
  CHECK_THROWS_WITH_AS((void)kept.linear_form(std::span(other), std::span(direction)), why, shape_error);
}
