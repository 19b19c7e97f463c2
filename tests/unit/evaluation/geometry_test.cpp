// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdlib>
#include <sidera/core/thread_pool.hpp>
#include <sidera/evaluation/cluster_geometry.hpp>

#include "golden.hpp"

using sidera::code_t;

TEST_CASE("silhouette, Davies-Bouldin and Calinski-Harabasz equal scikit-learn's") {
  auto const& g = evaluation_golden;
  auto const x = g.table("geometry_data");
  auto const clusters = g.integers("geometry_clusters");
  auto const samples = g.numbers("geometry_silhouette_samples"), indices = g.numbers("geometry_indices");
  auto const mine = sidera::silhouette_samples<double>(x, clusters);
  for (std::size_t i = 0; i < samples.size(); ++i) CHECK(mine[i] == doctest::Approx(samples[i]).epsilon(1e-12));
  CHECK(sidera::silhouette<double>(x, clusters) == near(indices[0]));
  CHECK(sidera::davies_bouldin_index<double>(x, clusters) == near(indices[1]));
  CHECK(sidera::calinski_harabasz_index<double>(x, clusters) == near(indices[2]));
  sidera::thread_pool pool(3);
  CHECK(sidera::silhouette_samples<double>(x, clusters, pool) == mine);
}

TEST_CASE("the same on 150 digits") {
  if (std::getenv("SIDERA_DATA_DIR") == nullptr) {
    MESSAGE("skipped: SIDERA_DATA_DIR is not set");
    return;
  }
  auto const& g = evaluation_golden;
  auto const pixels =
      sidera::load_matrix<float>(std::string(std::getenv("SIDERA_DATA_DIR")) + "/mfeat_digits6/pix240.npy");
  auto const all = g.integers("labels_20"), rows = g.integers("silhouette_rows");
  sidera::matrix<float> x(150, pixels.cols());
  std::vector<code_t> clusters;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    x.row(static_cast<sidera::index_t>(i)) = pixels.row(rows[i]);
    clusters.push_back(all[static_cast<std::size_t>(rows[i])]);
  }
  auto const samples = g.numbers("silhouette_samples");
  auto const mine = sidera::silhouette_samples<float>(x, clusters);
  for (std::size_t i = 0; i < samples.size(); ++i) CHECK(mine[i] == doctest::Approx(samples[i]).epsilon(1e-5));
  CHECK(sidera::silhouette<float>(x, clusters) == near(g.number("silhouette"), 1e-5));
  CHECK(sidera::davies_bouldin_index<float>(x, clusters) == near(g.number("davies_bouldin"), 1e-5));
  CHECK(sidera::calinski_harabasz_index<float>(x, clusters) == near(g.number("calinski_harabasz"), 1e-5));
}

TEST_CASE("cluster geometry: degenerate input") {
  sidera::matrix<double> x(4, 1);
  x << 0, 0, 3, 3;
  std::vector<code_t> const one{5, 5, 5, 5}, two{0, 0, 1, 1}, each{0, 1, 2, 3}, some{0, 0, 1, -1};
  CHECK_THROWS_AS((void)sidera::silhouette<double>(x, one), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::davies_bouldin_index<double>(x, one), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::calinski_harabasz_index<double>(x, each), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::silhouette<double>(x, std::vector<code_t>{0, 1}), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::silhouette<double>(x, std::vector<code_t>{-1, -1, -1, -1}), sidera::value_error);
  CHECK(sidera::silhouette<double>(x, two) == 1);
  CHECK(sidera::davies_bouldin_index<double>(x, two) == 0);
  CHECK(sidera::calinski_harabasz_index<double>(x, two) == 1);
  CHECK(sidera::silhouette<double>(x, each) == 0);
  auto const partial = sidera::silhouette_samples<double>(x, some);
  CHECK(partial[0] == 1);
  CHECK(partial[2] == 0);
  CHECK(std::isnan(partial[3]));
  sidera::matrix<double> const same = sidera::matrix<double>::Ones(4, 2);
  CHECK(sidera::silhouette<double>(same, two) == 0);
  CHECK(sidera::davies_bouldin_index<double>(same, two) == 0);
}

TEST_CASE("cluster geometry names the row of a NaN, unless that row has no cluster") {
  for (double const value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    sidera::matrix<double> x(5, 2);
    x << 0, 1, 0, 2, 3, 1, 3, value, 4, 4;
    std::vector<code_t> const all{0, 0, 1, 1, 1}, without{0, 0, 1, -1, 1};
    auto const refuses = [&](auto const& index, std::string const& function) {
      try {
        static_cast<void>(index(all));
        FAIL(function << " takes it");
      } catch (sidera::value_error const& e) {
        CHECK(e.what() == function + ": x row 3 has " + (std::isnan(value) ? "a NaN" : "an infinity") + " in column 1");
        CHECK(e.row() == 3u);
      }
      CHECK(std::isfinite(index(without)));
    };
    refuses([&](auto const& c) { return sidera::silhouette<double>(x, c); }, "silhouette_samples");
    refuses([&](auto const& c) { return sidera::davies_bouldin_index<double>(x, c); }, "davies_bouldin_index");
    refuses([&](auto const& c) { return sidera::calinski_harabasz_index<double>(x, c); }, "calinski_harabasz_index");
  }
}
