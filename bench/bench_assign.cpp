// SPDX-License-Identifier: MIT
// The nearest of K words for N rows: the inner loop of everything.
#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/thread_pool.hpp>

#include "data.hpp"
#include "python_peer.hpp"
#if defined(SIDERA_BENCH_FAISS)
#include <faiss/IndexFlat.h>
#endif

namespace bench {
namespace {

/// Squared Euclidean distance without the integer pass.
struct in_numbers : sidera::squared_euclidean {};

}  // namespace
}  // namespace bench

template <>
inline constexpr bool sidera::has_integer_pass<float, bench::in_numbers> = false;

namespace bench {
namespace {

struct assignment {
  matrix x, words;
  std::vector<sidera::code_t> codes;
};

/// Product and argmax, block by block.
void assign_by_eigen(assignment& a) {
  matrix const transposed = a.words.transpose();
  sidera::row_vector<float> const half = a.words.rowwise().squaredNorm().transpose() / 2;
  matrix scores;
  for (index_t first = 0; first < a.x.rows(); first += 1024) {
    index_t const rows = std::min<index_t>(1024, a.x.rows() - first);
    scores.noalias() = a.x.middleRows(first, rows) * transposed;
    scores.rowwise() -= half;
    for (index_t i = 0; i < rows; ++i) {
      index_t best = 0;
      scores.row(i).maxCoeff(&best);
      a.codes[static_cast<std::size_t>(first + i)] = static_cast<sidera::code_t>(best);
    }
  }
}

/// How many codes are not those of a search in double.
std::string wrong_codes(assignment const& a) {
  auto const n = std::min<std::size_t>(a.codes.size(), 2000);
  std::size_t wrong = 0;
  sidera::squared_euclidean const metric;
  for (std::size_t i = 0; i < n; ++i) {
    auto const row = sidera::row_span(a.x, static_cast<index_t>(i));
    double const chosen = metric.exact(row, sidera::row_span(a.words, a.codes[i]));
    for (index_t j = 0; j < a.words.rows(); ++j)
      if (metric.exact(row, sidera::row_span(a.words, j)) < chosen) {
        ++wrong;
        break;
      }
  }
  return std::to_string(wrong) + " of " + std::to_string(n) + " wrong";
}

job make(settings const& s, std::string name, index_t n, index_t d, std::size_t words, std::size_t passes) {
  auto const a = std::make_shared<assignment>();
  a->x = clustered(n, d, s.seed);
  a->words = trained_words(a->x, words, passes);
  a->codes.resize(static_cast<std::size_t>(n));
  job j{std::move(name),
        2.0 * static_cast<double>(n) * static_cast<double>(d) * static_cast<double>(words),
        static_cast<double>(n),
        {}};
  auto const search =
      std::make_shared<sidera::word_search<float, sidera::squared_euclidean>>(a->words, sidera::squared_euclidean{});
  search->prepare_for_many_rows();
  auto const pool = std::make_shared<sidera::thread_pool>(s.threads);
  j.implementations.push_back({"sidera", false,
                               [=, &s] { return milliseconds(s, [&] { search->nearest(a->x, a->codes, *pool); }); },
                               [=] { return wrong_codes(*a); }});
  auto const f = std::make_shared<assignment>(*a);
  auto const plain = std::make_shared<sidera::word_search<float, in_numbers>>(a->words, in_numbers{});
  j.implementations.push_back({"sidera, single precision only", false,
                               [=, &s] { return milliseconds(s, [&] { plain->nearest(f->x, f->codes, *pool); }); },
                               [=] { return wrong_codes(*f); }});
  auto const e = std::make_shared<assignment>(*a);
  j.implementations.push_back({"Eigen product + argmax", true,
                               [=, &s] { return milliseconds(s, [&] { assign_by_eigen(*e); }); },
                               [=] { return wrong_codes(*e); }});
#if defined(SIDERA_BENCH_FAISS)
  auto const index = std::make_shared<faiss::IndexFlatL2>(d);
  index->add(static_cast<index_t>(words), a->words.data());
  auto const found = std::make_shared<std::vector<faiss::Index::idx_t>>(static_cast<std::size_t>(n));
  auto const distances = std::make_shared<std::vector<float>>(static_cast<std::size_t>(n));
  j.implementations.push_back(
      {std::string(SIDERA_BENCH_FAISS) + " IndexFlatL2",
       true,
       [=, &s] { return milliseconds(s, [&] { index->search(n, a->x.data(), 1, distances->data(), found->data()); }); },
       {}});
#endif
  auto const folder = std::make_shared<shared_folder>();
  folder->put("x", a->x);
  folder->put("words", a->words);
  add_python_peer(j, s, "assign", folder, {});
  return j;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using bench::settings;
  auto const job = [](std::string name, bench::index_t n, bench::index_t d, std::size_t words, std::size_t passes) {
    return bench::named_job{name, [=](settings const& s) { return bench::make(s, name, n, d, words, passes); }};
  };
  return bench::run(
      argc, argv, "The nearest of K words for N rows of D numbers",
      {job("assign_100000x64_k256", 100000, 64, 256, 8), job("assign_100000x128_k256", 100000, 128, 256, 8),
       job("assign_100000x256_k400", 100000, 256, 400, 8), job("assign_100000x768_k256", 100000, 768, 256, 4),
       job("assign_20000x768_k8192", 20000, 768, 8192, 2)});
}
