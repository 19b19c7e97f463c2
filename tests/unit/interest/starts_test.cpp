// SPDX-License-Identifier: MIT
/// \file  Tables that start at random or at the words of codebooks.
#include <doctest/doctest.h>

#include <sidera/interest/ranker.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/residual_schemes/prefix.hpp>

namespace {

using sidera::code_t;
using sidera::index_t;
using sidera::matrix;

matrix<float> random_rows(index_t rows, index_t cols, std::uint64_t seed) {
  matrix<float> x(rows, cols);
  for (index_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(sidera::random_stream(seed).normal(static_cast<std::uint64_t>(i)) + 1);
  return x;
}

/// The largest difference between what the quantizer decodes and the sum of the rows that level_words gives.
template <class Q>
double sum_error(Q quantizer) {
  matrix<float> const x = random_rows(200, 6, 1);
  quantizer.fit(x);
  auto const codes = quantizer.encode(x);
  auto const words = sidera::level_words(quantizer);
  matrix<float> sum = matrix<float>::Zero(x.rows(), x.cols());
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t l = 0, first = 0; l < codes.cols(); ++l) {
      sum.row(i) += words.row(first + codes(i, l));
      first += static_cast<index_t>(quantizer.word_count(static_cast<std::size_t>(l)));
    }
  return static_cast<double>((sum - quantizer.decode(codes)).cwiseAbs().maxCoeff());
}

sidera::item_view some_view(index_t items = 40) {
  sidera::item_view view{"text", sidera::code_matrix(items, 2), {5, 9}};
  for (index_t i = 0; i < items; ++i) view.codes.row(i) << static_cast<code_t>(i % 5), static_cast<code_t>(i % 9);
  return view;
}

matrix<float> table_of(sidera::ranker<float> const& model, char const* name) {
  return matrix<float>(model.store().value(model.store().find(name)));
}

}  // namespace

TEST_CASE("the words of the levels add up to the reconstruction") {
  using sidera::residual_quantizer;
  sidera::residual_quantizer_options const options{.levels = 3, .words = 8};
  CHECK(sum_error(residual_quantizer(options)) < 1e-5);
  CHECK(sum_error(residual_quantizer(options, sidera::squared_euclidean{}, sidera::lloyd{},
                                     sidera::prefix_residual{.weight = 1})) < 1e-5);
  CHECK(sum_error(sidera::product_quantizer({.subspaces = 2, .words = 8})) < 1e-5);
  CHECK(sum_error(residual_quantizer({.levels = 1, .words = 8})) < 1e-5);
}

TEST_CASE("tables start at the words up to one matrix and one factor, other views at random") {
  auto const view = some_view();
  sidera::ranker_layout const layout = sidera::din_layout(40, {view});
  matrix<float> const words = random_rows(14, 14, 3);
  sidera::centre_start<float> const start{{{"text", words}}, .2};
  sidera::ranker<float> const model(layout, {.dim = 14, .hidden = {4}}, {}, {}, start);
  matrix<float> const table = table_of(model, "text.table");
  CHECK(std::abs(std::sqrt(table.squaredNorm() / float(table.size())) - .2f) < 1e-5f);
  // A linear relation between words is one between rows: row 13 of the words as a sum of the others is kept.
  matrix<float> mixed = words;
  mixed.row(13) = 2 * words.row(0) - 3 * words.row(5);
  sidera::ranker<float> const other(layout, {.dim = 14, .hidden = {4}}, {}, {},
                                    sidera::centre_start<float>{{{"text", mixed}}, .2});
  matrix<float> const t = table_of(other, "text.table");
  CHECK((t.row(13) - 2 * t.row(0) + 3 * t.row(5)).cwiseAbs().maxCoeff() < 1e-5f);
  CHECK((table.row(13) - 2 * table.row(0) + 3 * table.row(5)).cwiseAbs().maxCoeff() > 1e-2f);

  sidera::ranker<float> const plain(layout, {.dim = 14, .hidden = {4}, .embedding_deviation = .2});
  CHECK(table_of(plain, "id.table") == table_of(model, "id.table"));
  CHECK(table_of(plain, "text.table") != table);
}

TEST_CASE("a random start is what a ranker takes by default") {
  sidera::ranker_layout const layout = sidera::din_layout(40, {some_view()});
  sidera::ranker_options const options{.dim = 6, .hidden = {4}, .embedding_deviation = .3, .seed = 5};
  sidera::ranker<float> const one(layout, options), two(layout, options, {}, {}, sidera::random_start{.3});
  CHECK(table_of(one, "text.table") == table_of(two, "text.table"));
  CHECK(table_of(one, "text.table") !=
        table_of(sidera::ranker<float>(layout, options, {}, {}, sidera::random_start{.2}), "text.table"));
}

TEST_CASE("starts refuse the words of other codebooks, and sums that are none") {
  sidera::ranker_layout const layout = sidera::din_layout(40, {some_view()});
  sidera::centre_start<float> const start{{{"text", random_rows(13, 3, 3)}}, .2};
  CHECK_THROWS_WITH_AS(sidera::ranker<float>(layout, {.dim = 6}, {}, {}, start), doctest::Contains("14"),
                       sidera::shape_error);
  // A user's quantizer whose levels multiply.
  struct product_of_levels {
    using scalar_type = float;
    sidera::fit_report fit(sidera::matrix_cref<float> const&, sidera::executor_ref, sidera::observer const&) {
      return {};
    }
    sidera::code_matrix encode(sidera::matrix_cref<float> const&, sidera::executor_ref) const { return {}; }
    matrix<float> decode(sidera::code_matrix const& codes) const {
      return (codes.col(0).array() * codes.col(1).array()).matrix().cast<float>();
    }
    std::size_t level_count() const { return 2; }
    std::size_t word_count(std::size_t) const { return 4; }
    std::size_t dim() const { return 1; }
    bool fitted() const { return true; }
    sidera::field_set fields() const { return {}; }
    void load(sidera::field_set const&) {}
  };
  CHECK_THROWS_AS(static_cast<void>(sidera::level_words(product_of_levels{})), sidera::value_error);
}

TEST_CASE("a view of a quantizer has the quantizer's levels, and codes that it has words for") {
  sidera::residual_quantizer quantizer(sidera::residual_quantizer_options{.levels = 2, .words = 8});
  matrix<float> const x = random_rows(50, 6, 1);
  sidera::code_matrix const codes = quantizer.fit(x).codes;
  auto view = sidera::quantized_view("text", codes, quantizer);
  CHECK(view.codes == codes);
  CHECK(view.words == std::vector<std::size_t>{8, 8});
  CHECK_THROWS_WITH_AS((void)sidera::quantized_view("text", codes.leftCols(1), quantizer),
                       "quantized_view: view \"text\" has codes of 1 levels, its quantizer has 2", sidera::shape_error);
  sidera::code_matrix wide(50, 3);
  wide << codes, codes.leftCols(1);
  CHECK_THROWS_AS((void)sidera::quantized_view("text", wide, quantizer), sidera::shape_error);
  sidera::code_matrix other = codes;
  other(31, 1) = 8;
  CHECK_THROWS_WITH_AS((void)sidera::quantized_view("text", other, quantizer),
                       "quantized_view: view \"text\": item 31 has code 8 at level 1 of 8 words", sidera::value_error);
  other(31, 1) = sidera::no_code;
  CHECK_NOTHROW((void)sidera::quantized_view("text", other, quantizer));
}
