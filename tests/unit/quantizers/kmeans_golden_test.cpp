// SPDX-License-Identifier: MIT
/// \file  k-means, assignment and residual encoding against scikit-learn and faiss (tests/golden/kmeans_rq).
#include <laws/stored_arrays.hpp>
#include <sidera/codebooks/given_words.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>

using namespace sidera;
using kmeans_from_given = vector_quantizer<squared_euclidean, lloyd, given_words, relocate_far>;

namespace {

struct kmeans_case {
  std::string folder;
  std::size_t words, limit, iterations;  ///< at most, and as scikit-learn reports them
};

void check_kmeans(matrix<float> const& x, kmeans_case const& c) {
  CAPTURE(c.folder);
  CAPTURE(c.limit);
  stored::reference const expected{"kmeans_rq/" + c.folder};
  std::string const suffix = "_" + to_text(c.limit);
  auto const rows = expected.vector<std::int64_t>("init_rows");
  kmeans_from_given model({.words = c.words, .iterations = c.limit}, {}, {}, {.rows = {{rows.begin(), rows.end()}}});
  fit_report const report = model.fit(x);
  CHECK(stored::differences(stored::flat(model.encode(x)), expected.codes("labels" + suffix)) <= 2);
  CHECK(report.codes == model.encode(x));
  CHECK(report.levels[0].iterations == c.iterations);
  CHECK((report.levels[0].stopped == stop_reason::codes_repeat) == (c.iterations < c.limit));
  double const inertia = report.levels[0].objective * static_cast<double>(x.rows());
  CHECK(inertia == doctest::Approx(expected.number("inertia" + suffix)).epsilon(1e-5));
  if (c.folder == "kmeans_glove" || (c.folder == "kmeans_mfeat" && c.limit != 20)) return;  // centres are not stored
  auto const scale = static_cast<double>(x.cwiseAbs().maxCoeff());
  CHECK((model.words() - expected.matrix<float>("centres" + suffix)).cwiseAbs().maxCoeff() < 2e-4 * scale);
}

/// The first 3000 GloVe vectors, or nothing.
matrix<float> glove_block() {
  std::string const folder = stored::data_folder();
  if (folder.empty()) return {};
  return read_matrix<float>(folder + "/glove100_20k/vectors.npy").topRows(3000);
}

residual_quantizer<> three_given_levels() {
  stored::reference const expected{"kmeans_rq/rq_glove"};
  std::vector<residual_level<float>> levels;
  for (std::size_t l = 0; l < 3; ++l) {
    auto const words = expected.matrix<float>("codebook_" + to_text(l));
    levels.push_back({{words}, words});
  }
  residual_quantizer<> model;
  model.set_levels(std::move(levels), 100);
  return model;
}

void check_residual_encoding(matrix<float> const& x, std::size_t beam) {
  CAPTURE(beam);
  stored::reference const expected{"kmeans_rq/rq_glove"};
  auto const model = three_given_levels();
  code_matrix const codes = model.encode(x, encode_options{.beam = beam});
  auto all = expected.codes("codes_beam" + to_text(beam));
  all.resize(static_cast<std::size_t>(codes.size()));
  CHECK(stored::flat(codes) == all);
  auto const error = expected.vector("sqerr_beam" + to_text(beam));
  matrix<double> const left = x.cast<double>() - model.decode(codes).cast<double>();
  for (std::size_t i = 0; i < error.size(); ++i)
    CHECK(left.row(static_cast<index_t>(i)).squaredNorm() == doctest::Approx(error[i]).epsilon(1e-5));
  if (x.rows() == 3000)
    CHECK(left.squaredNorm() / 3000 == doctest::Approx(expected.number("mse_beam" + to_text(beam))).epsilon(1e-6));
}

}  // namespace

TEST_CASE("k-means agrees with scikit-learn from the same start: 300 word vectors") {
  matrix<float> const x = stored::reference{"kmeans_rq/kmeans_small"}.matrix<float>("data");
  check_kmeans(x, {"kmeans_small", 8, 1, 1});
  check_kmeans(x, {"kmeans_small", 8, 5, 5});
  check_kmeans(x, {"kmeans_small", 8, 20, 7});
}

TEST_CASE("k-means agrees with scikit-learn from the same start: pixels of the digits") {
  matrix<float> const x = stored::digits("pix");
  check_kmeans(x, {"kmeans_mfeat", 10, 1, 1});
  check_kmeans(x, {"kmeans_mfeat", 10, 5, 5});
  check_kmeans(x, {"kmeans_mfeat", 10, 20, 18});
}

TEST_CASE("k-means agrees with scikit-learn from the same start: 3000 word vectors") {
  if (matrix<float> const x = glove_block(); x.size() > 0) check_kmeans(x, {"kmeans_glove", 32, 20, 20});
}

TEST_CASE("The nearest word is that of faiss") {
  stored::reference const small{"kmeans_rq/assign_small"};
  matrix<float> const x = stored::reference{"kmeans_rq/kmeans_small"}.matrix<float>("data");
  kmeans_from_given model;
  model.set_words(stored::reference{"kmeans_rq/kmeans_small"}.matrix<float>("centres_20"));
  code_matrix const codes = model.encode(x);
  CHECK(stored::flat(codes) == small.codes("labels"));
  auto const distances = small.vector<float>("sqdist");
  matrix<float> const left = x - model.decode(codes);
  for (index_t i = 0; i < x.rows(); ++i)
    CHECK(left.row(i).squaredNorm() ==
          doctest::Approx(static_cast<double>(distances[static_cast<std::size_t>(i)])).epsilon(1e-5));
}

TEST_CASE("The three nearest words are those of faiss, in order") {
  stored::reference const expected{"kmeans_rq/assign_glove"};
  kmeans_from_given model;
  model.set_words(stored::reference{"kmeans_rq/kmeans_glove"}.matrix<float>("centres_20"));
  matrix<float> const x = stored::reference{"kmeans_rq/kmeans_small"}.matrix<float>("data");  // the first 300 rows
  CHECK(stored::flat(model.nearest_words(x, 3)) == expected.codes("nearest3"));
  if (matrix<float> const all = glove_block(); all.size() > 0)
    CHECK(stored::flat(model.encode(all)) == expected.codes("labels"));
}

TEST_CASE("Residual codes with given codebooks are those of faiss, greedy and with a beam of 5") {
  matrix<float> const x = stored::reference{"kmeans_rq/kmeans_small"}.matrix<float>("data");  // the first 300 rows
  for (std::size_t const beam : {1u, 5u}) check_residual_encoding(x, beam);
  if (matrix<float> const all = glove_block(); all.size() > 0)
    for (std::size_t const beam : {1u, 5u}) check_residual_encoding(all, beam);
}
