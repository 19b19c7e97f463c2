// SPDX-License-Identifier: MIT
// Residual quantization: encoding, with and without a beam, and training.
#include <sidera/codebooks/progressive_dimensions.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/residual_schemes/prefix.hpp>

#include "data.hpp"
#include "python_peer.hpp"
#if defined(SIDERA_BENCH_FAISS)
#include <faiss/impl/ResidualQuantizer.h>
#endif

namespace bench {
namespace {

constexpr index_t learn_rows = 20000;
constexpr std::size_t words = 256;

struct shape {
  index_t rows, dim;
  std::size_t levels, beam;
};

using rq = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::additive_residual>;
/// Starts as faiss does by default.
using progressive_rq = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::additive_residual,
                                                  sidera::progressive_dimensions>;
using psrq = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual>;

job start_job(std::string name, shape const& k, double passes) {
  auto const rows = static_cast<double>(k.rows);
  return {std::move(name),
          2 * rows * static_cast<double>(k.dim) * static_cast<double>(k.levels * words) * passes,
          rows,
          {}};
}

/// Encoding by a model that is trained here. Greedy training, whatever the beam of the encoder.
template <class Model>
implementation encoding(settings const& s, std::string name, std::shared_ptr<matrix> x, matrix const& learn,
                        shape const& k) {
  auto const model = std::make_shared<Model>(
      sidera::residual_quantizer_options{.levels = k.levels, .words = words, .iterations = 10, .seed = 1});
  model->fit(learn);
  auto const pool = std::make_shared<sidera::thread_pool>(s.threads);
  auto const codes = std::make_shared<sidera::code_matrix>();
  return {std::move(name), false,
          [=, &s] { return milliseconds(s, [&] { *codes = model->encode(*x, {.beam = k.beam}, *pool); }); },
          [=] { return "relative error " + text("%.5f", relative_error(*x, model->decode(*codes))); }};
}

/// Level by level: product, argmax, subtraction.
implementation encoding_by_eigen(settings const& s, std::shared_ptr<matrix> x, matrix const& learn, shape const& k) {
  auto const model = std::make_shared<rq>(
      sidera::residual_quantizer_options{.levels = k.levels, .words = words, .iterations = 10, .seed = 1});
  model->fit(learn);
  auto const work = [=] {
    matrix residual, scores;
    for (index_t first = 0; first < x->rows(); first += 1024) {
      residual = x->middleRows(first, std::min<index_t>(1024, x->rows() - first));
      for (std::size_t l = 0; l < k.levels; ++l) {
        matrix const& book = model->level(l).search.words;
        scores.noalias() = residual * book.transpose();
        scores.rowwise() -= book.rowwise().squaredNorm().transpose() / 2;
        for (index_t i = 0; i < residual.rows(); ++i) {
          index_t best = 0;
          scores.row(i).maxCoeff(&best);
          residual.row(i) -= book.row(best);
        }
      }
    }
  };
  return {"Eigen product + argmax (additive)", true, [=, &s] { return milliseconds(s, work); }, {}};
}

#if defined(SIDERA_BENCH_FAISS)
std::shared_ptr<faiss::ResidualQuantizer> faiss_model(shape const& k) {
  auto model = std::make_shared<faiss::ResidualQuantizer>(static_cast<std::size_t>(k.dim), k.levels, 8);
  model->max_beam_size = static_cast<int>(k.beam);
  model->verbose = false;
  return model;
}

std::string faiss_error(faiss::ResidualQuantizer const& model, matrix const& x) {
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(x.rows()) * model.code_size);
  auto const n = static_cast<std::size_t>(x.rows());
  const_cast<faiss::ResidualQuantizer&>(model).compute_codes(x.data(), codes.data(), n);
  matrix back(x.rows(), x.cols());
  model.decode(codes.data(), back.data(), n);
  return "relative error " + text("%.5f", relative_error(x, back));
}

implementation encoding_by_faiss(settings const& s, std::shared_ptr<matrix> x, matrix const& learn, shape const& k,
                                 bool tables) {
  auto const model = faiss_model(k);
  model->train(static_cast<std::size_t>(learn.rows()), learn.data());
  model->use_beam_LUT = tables;
  if (tables) model->compute_codebook_tables();
  auto const codes =
      std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(x->rows()) * model->code_size);
  return {std::string(SIDERA_BENCH_FAISS) + (tables ? " with LUT" : ""), true,
          [=, &s] {
            return milliseconds(
                s, [&] { model->compute_codes(x->data(), codes->data(), static_cast<std::size_t>(x->rows())); });
          },
          [=] { return faiss_error(*model, *x); }};
}

/// Plain k-means of 25 passes from random rows, or faiss's own choice: growing numbers of principal directions.
implementation training_by_faiss(settings const& s, std::shared_ptr<matrix> x, shape const& k, bool plain) {
  auto const model = std::make_shared<std::shared_ptr<faiss::ResidualQuantizer>>();
  return {std::string(SIDERA_BENCH_FAISS) + (plain ? ", plain k-means, 25 passes" : ""), true,
          [=, &s] {
            *model = faiss_model(k);
            if (plain) (*model)->train_type = faiss::ResidualQuantizer::Train_default, (*model)->cp.niter = 25;
            return milliseconds(s, [&] { (*model)->train(static_cast<std::size_t>(x->rows()), x->data()); });
          },
          [=] { return faiss_error(**model, *x); }};
}
#endif

void add_faiss_encoders(job& j, settings const& s, std::shared_ptr<matrix> x, matrix const& learn, shape const& k) {
  auto const folder = std::make_shared<shared_folder>();
  folder->put("x", *x);
  folder->put("learn", learn);
  for (bool const tables : {false, true}) {
#if defined(SIDERA_BENCH_FAISS)
    j.implementations.push_back(encoding_by_faiss(s, x, learn, k, tables));
#endif
    add_python_peer(j, s, "residual", folder,
                    {std::to_string(k.levels), std::to_string(k.beam), tables ? "1" : "0", "0"});
  }
}

job encode_job(settings const& s, std::string name, shape const& k) {
  matrix const all = clustered(k.rows + learn_rows, k.dim, s.seed);
  matrix const learn = all.bottomRows(learn_rows);
  auto const x = std::make_shared<matrix>(all.topRows(k.rows));
  job j = start_job(std::move(name), k, 1);
  j.implementations.push_back(encoding<rq>(s, "sidera", x, learn, k));
  if (k.beam == 1) j.implementations.push_back(encoding_by_eigen(s, x, learn, k));
  add_faiss_encoders(j, s, x, learn, k);
  return j;
}

job psrq_job(settings const& s, std::string name, shape const& k) {
  matrix const all = clustered(k.rows + learn_rows, k.dim, s.seed);
  matrix const learn = all.bottomRows(learn_rows);
  auto const x = std::make_shared<matrix>(all.topRows(k.rows));
  job j = start_job(std::move(name), k, 1);
  j.implementations.push_back(encoding<psrq>(s, "sidera", x, learn, k));
  j.implementations.push_back(encoding<rq>(s, "sidera, RQ instead of PSRQ", x, learn, k));
  j.implementations.push_back(encoding_by_eigen(s, x, learn, k));
  return j;
}

template <class Setup>
implementation training(settings const& s, std::string name, std::shared_ptr<matrix> x, Setup setup) {
  auto const pool = std::make_shared<sidera::thread_pool>(s.threads);
  auto const error = std::make_shared<double>();
  return {std::move(name), false,
          [=, &s] {
            auto model = setup();
            return milliseconds(s, [&] { *error = model.fit(*x, *pool).levels.back().relative_error; });
          },
          [=] { return "relative error " + text("%.5f", *error); }};
}

job train_job(settings const& s, std::string name, shape const& k) {
  auto const x = std::make_shared<matrix>(clustered(k.rows, k.dim, s.seed));
  job j = start_job(std::move(name), k, 25);
  sidera::residual_quantizer_options const options{.levels = k.levels, .words = words, .iterations = 25, .seed = 1};
  j.implementations.push_back(training(s, "sidera, 25 passes", x, [=] { return rq(options); }));
  j.implementations.push_back(training(s, "sidera, tolerance 1e-3", x, [=] {
    auto fewer = options;
    fewer.tolerance = 1e-3;
    return rq(fewer);
  }));
  j.implementations.push_back(training(s, "sidera, progressive directions, 10 passes", x, [=] {
    auto progressive = options;
    progressive.iterations = 10;
    return progressive_rq(progressive);
  }));
#if defined(SIDERA_BENCH_FAISS)
  for (bool const plain : {false, true}) j.implementations.push_back(training_by_faiss(s, x, k, plain));
#endif
  auto const folder = std::make_shared<shared_folder>();
  folder->put("x", *x);
  folder->put("learn", x->topRows(1));
  add_python_peer(j, s, "residual", folder, {std::to_string(k.levels), std::to_string(k.beam), "0", "1"});
  return j;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using bench::settings;
  using maker = bench::job (*)(settings const&, std::string, bench::shape const&);
  auto const job = [](std::string name, maker make, bench::shape k) {
    return bench::named_job{name, [=](settings const& s) { return make(s, name, k); }};
  };
  return bench::run(argc, argv, "Residual quantization: encoding and training",
                    {job("rq_encode_128_l4", bench::encode_job, {100000, 128, 4, 1}),
                     job("rq_encode_768_l3", bench::encode_job, {100000, 768, 3, 1}),
                     job("rq_beam5_128_l4", bench::encode_job, {20000, 128, 4, 5}),
                     job("rq_beam5_768_l3", bench::encode_job, {20000, 768, 3, 5}),
                     job("rq_train_128_l4", bench::train_job, {20000, 128, 4, 1}),
                     job("rq_train_768_l3", bench::train_job, {20000, 768, 3, 1}),
                     job("psrq_encode_128_l4", bench::psrq_job, {100000, 128, 4, 1})});
}
