// SPDX-License-Identifier: MIT
// Twenty passes of Lloyd from the same first words.
#include <sidera/codebooks/given_words.hpp>
#include <sidera/core/thread_pool.hpp>

#include "data.hpp"
#include "python_peer.hpp"
#if defined(SIDERA_BENCH_FAISS)
#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#endif

namespace bench {
namespace {

constexpr std::size_t passes = 20;

/// Product, argmax, sums; returns the mean squared distance to the words before the last update.
double lloyd_by_eigen(matrix const& x, matrix words) {
  matrix scores, sums;
  double objective = 0;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    matrix const transposed = words.transpose();
    sidera::row_vector<float> const half = words.rowwise().squaredNorm().transpose() / 2;
    sums.setZero(words.rows(), words.cols());
    std::vector<double> counts(static_cast<std::size_t>(words.rows()), 0.0);
    objective = 0;
    for (index_t first = 0; first < x.rows(); first += 1024) {
      index_t const rows = std::min<index_t>(1024, x.rows() - first);
      scores.noalias() = x.middleRows(first, rows) * transposed;
      scores.rowwise() -= half;
      for (index_t i = 0; i < rows; ++i) {
        index_t best = 0;
        float const score = scores.row(i).maxCoeff(&best);
        sums.row(best) += x.row(first + i);
        counts[static_cast<std::size_t>(best)] += 1;
        objective += static_cast<double>(x.row(first + i).squaredNorm() - 2 * score);
      }
    }
    for (index_t j = 0; j < words.rows(); ++j)
      if (double const n = counts[static_cast<std::size_t>(j)]; n > 0)
        words.row(j) = sums.row(j) / static_cast<float>(n);
  }
  return objective / static_cast<double>(x.rows());
}

template <class Initialiser>
implementation own(settings const& s, std::string name, std::shared_ptr<matrix> x, std::size_t words,
                   Initialiser init) {
  auto const pool = std::make_shared<sidera::thread_pool>(s.threads);
  auto const report = std::make_shared<sidera::fit_report>();
  return {std::move(name), false,
          [=, &s] {
            return milliseconds(s, [&] {
              sidera::vector_quantizer model({.words = words, .iterations = passes}, sidera::squared_euclidean{},
                                             sidera::lloyd{}, init);
              *report = model.fit(*x, *pool);
            });
          },
          [=] {
            return "objective " + text("%.6g", report->levels[0].objective) + ", " +
                   std::to_string(report->levels[0].iterations) + " passes";
          }};
}

#if defined(SIDERA_BENCH_FAISS)
implementation by_faiss(settings const& s, std::shared_ptr<matrix> x, matrix const& words) {
  auto const objective = std::make_shared<double>();
  return {SIDERA_BENCH_FAISS " Clustering", true,
          [=, &s] {
            return milliseconds(s, [&] {
              faiss::ClusteringParameters how;
              how.niter = static_cast<int>(passes);
              how.max_points_per_centroid = static_cast<int>(x->rows());
              faiss::Clustering model(static_cast<int>(x->cols()), static_cast<int>(words.rows()), how);
              model.centroids.assign(words.data(), words.data() + words.size());
              faiss::IndexFlatL2 index(x->cols());
              model.train(x->rows(), x->data(), index);
              *objective = static_cast<double>(model.iteration_stats.back().obj) / static_cast<double>(x->rows());
            });
          },
          [=] { return "objective " + text("%.6g", *objective); }};
}
#endif

job make(settings const& s, std::string name, index_t n, index_t d, std::size_t words) {
  auto const x = std::make_shared<matrix>(clustered(n, d, s.seed));
  matrix const start = x->topRows(static_cast<index_t>(words));  // rows come in random order
  job j{std::move(name),
        2.0 * static_cast<double>(n) * static_cast<double>(d) * static_cast<double>(words * passes),
        static_cast<double>(n),
        {}};
  j.implementations.push_back(
      own(s, "sidera", x, words, sidera::given_words{.words = {start.cast<double>()}, .rows = {}}));
  j.implementations.push_back(own(s, "sidera, started by k-means++", x, words, sidera::kmeans_plus_plus{}));
  auto const objective = std::make_shared<double>();
  j.implementations.push_back({"Eigen product + argmax", true,
                               [=, &s] { return milliseconds(s, [&] { *objective = lloyd_by_eigen(*x, start); }); },
                               [=] { return "objective " + text("%.6g", *objective); }});
#if defined(SIDERA_BENCH_FAISS)
  j.implementations.push_back(by_faiss(s, x, start));
#endif
  auto const folder = std::make_shared<shared_folder>();
  folder->put("x", *x);
  folder->put("words", start);
  add_python_peer(j, s, "faiss_kmeans", folder, {std::to_string(passes)});
  add_python_peer(j, s, "sklearn_kmeans", folder, {std::to_string(passes)});
  return j;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  auto const job = [](std::string name, bench::index_t n, bench::index_t d, std::size_t words) {
    return bench::named_job{name, [=](bench::settings const& s) { return bench::make(s, name, n, d, words); }};
  };
  return bench::run(argc, argv, "Twenty passes of Lloyd from the same first words",
                    {job("lloyd_100000x128_k256", 100000, 128, 256), job("lloyd_100000x768_k256", 100000, 768, 256)});
}
