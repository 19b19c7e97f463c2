// SPDX-License-Identifier: MIT
#include <laws/gradient_laws.hpp>
#include <sidera/autodiff/ops/batched_matmul.hpp>
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/cosine.hpp>
#include <sidera/autodiff/ops/cumulative_sum.hpp>
#include <sidera/autodiff/ops/dropout.hpp>
#include <sidera/autodiff/ops/gather_columns.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/heads.hpp>
#include <sidera/autodiff/ops/maximum.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/pow.hpp>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/ops/row_sums.hpp>
#include <sidera/autodiff/ops/segment_mean.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/transpose.hpp>
#include <sidera/autodiff/ops/where.hpp>

using laws::gradient_law;
using sidera::code_t;

namespace {

/// `n` ids below `limit`, with repetitions; -1 where `with_gaps`.
std::vector<code_t> ids(std::size_t n, std::size_t limit, bool with_gaps = false) {
  std::vector<code_t> all(n);
  for (std::size_t i = 0; i < n; ++i)
    all[i] = (with_gaps && i % 4 == 3) || limit == 0 ? sidera::no_code : static_cast<code_t>(i * i % limit);
  return all;
}

sidera::code_matrix id_matrix(std::size_t rows, std::size_t cols, std::size_t limit, bool with_gaps = false) {
  auto const all = ids(rows * cols, limit, with_gaps);
  return Eigen::Map<sidera::code_matrix const>(all.data(), static_cast<sidera::index_t>(rows),
                                               static_cast<sidera::index_t>(cols));
}

}  // namespace

TEST_CASE("gradients of batched products") {
  gradient_law("batched_matmul", {"3m x k", "3k x n"}, [](auto in) { return batched_matmul(in[0], in[1], 3); });
  gradient_law("batched_matmul_nt", {"3m x k", "3n x k"}, [](auto in) { return batched_matmul_nt(in[0], in[1], 3); });
  gradient_law("batched_matmul_tn", {"3k x m", "3k x n"}, [](auto in) { return batched_matmul_tn(in[0], in[1], 3); });
}

TEST_CASE("gradients of moves") {
  gradient_law("concat_columns", {"m x n", "m x k", "m x n"},
               [](auto in) { return concat_columns(in[0], in[1], in[2]); });
  gradient_law("concat_rows", {"m x n", "k x n"}, [](auto in) { return concat_rows(in[0], in[1], in[0]); });
  gradient_law("slice_rows", {"3m x n"}, [](auto in) { return slice_rows(in[0], 1, in[0].rows() / 3, 2); });
  gradient_law("slice_columns", {"m x 3n"}, [](auto in) { return slice_columns(in[0], 1, in[0].cols() / 3); });
  gradient_law("transpose", {"m x n"}, [](auto in) { return transpose(in[0]); });
  gradient_law("transpose of blocks", {"3m x n"}, [](auto in) { return transpose(in[0], 3); });
  gradient_law("reshape", {"m x n"}, [](auto in) { return reshape(in[0], in[0].cols(), in[0].rows()); });
  gradient_law("split_heads", {"3m x 2n"}, [](auto in) { return split_heads(in[0], {in[0].rows() / 3, 3}, 2); });
  gradient_law("merge_heads", {"6m x n"}, [](auto in) { return merge_heads(in[0], {in[0].rows() / 6, 3}, 2); });
}

TEST_CASE("gradients of selections") {
  gradient_law("gather_rows", {"m x n"},
               [](auto in) { return gather_rows(in[0], ids(2 * in[0].rows() + 5, in[0].rows(), true)); });
  gradient_law("embedding_sum", {"m x n"},
               [](auto in) { return embedding_sum(in[0], id_matrix(in[0].rows() + 3, 4, in[0].rows(), true)); });
  gradient_law("embedding_sum with levels", {"3m x n"},
               [](auto in) { return embedding_sum(in[0], id_matrix(7, 3, in[0].rows() / 3), in[0].rows() / 3); });
  gradient_law("row_sums", {"m x n", "n x k"}, [](auto in) {
    auto const e = shared_row_sums(in[0], std::span<code_t const>(ids(15, in[0].rows(), true)), 3);
    return concat_columns(e.sums(), matmul(e, in[1]).sums());
  });
  gradient_law("scatter_add_rows", {"m x n", "k x n"},
               [](auto in) { return scatter_add_rows(in[0], in[1], ids(in[1].rows(), in[0].rows(), true)); });
  gradient_law("segment_mean", {"m x n"}, [](auto in) { return segment_mean(in[0], ids(in[0].rows(), 4, true), 5); });
  gradient_law("pick", {"m x n"}, [](auto in) { return pick(in[0], id_matrix(in[0].rows(), 2, in[0].cols())); });
  gradient_law("diagonal", {"m x m"}, [](auto in) { return diagonal(in[0]); });
  gradient_law("gather_columns", {"m x n"}, [](auto in) { return gather_columns(in[0], ids(5, in[0].cols())); });
  gradient_law("where", {"m x n", "m x n"}, [](auto in) {
    std::vector<std::uint8_t> mask(in[0].size());
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 3 == 0;
    return where(mask, in[0], in[1]);
  });
}

TEST_CASE("gradients of distances, powers, sums and dropout") {
  gradient_law("squared_distances", {"m x k", "n x k"}, [](auto in) { return squared_distances(in[0], in[1]); });
  gradient_law("distances", {"m x 9", "n x 9"}, [](auto in) { return distances(in[0], in[1]); });
  gradient_law("dot_over_columns", {"m x n", "m x n"}, [](auto in) { return dot_over_columns(in[0], in[1]); });
  gradient_law("cosine_over_columns", {"m x n", "m x n"}, [](auto in) { return cosine_over_columns(in[0], in[1]); },
               {.low = 0.2});
  gradient_law("cosine_matrix", {"m x k", "n x k"}, [](auto in) { return cosine_matrix(in[0], in[1]); }, {.low = 0.2});
  gradient_law("maximum", {"m x n", "1 x n"}, [](auto in) { return maximum(in[0], in[1]); },
               {.step = 1e-6, .tolerance = 1e-7});
  gradient_law("pow 3", {"m x n"}, [](auto in) { return pow(in[0], 3); });
  gradient_law("pow -2", {"m x n"}, [](auto in) { return pow(in[0], -2); }, {.low = 0.6});
  gradient_law("pow 1.7", {"m x n"}, [](auto in) { return pow(in[0], 1.7); }, {.low = 0.3, .high = 2});
  gradient_law("cumulative_sum", {"m x n"}, [](auto in) { return cumulative_sum(in[0]); });
  gradient_law("dropout", {"m x n"}, [](auto in) { return dropout(in[0], 0.3, sidera::random_stream(3), 17); });
}

TEST_CASE("vectors that share their summands: equal sums, equal products, and only the rows that are used") {
  sidera::parameters<double> store;
  auto const table = store.add_table("table", 12, 5), weight = store.add("weight", 5, 4);
  for (auto const p : {table, weight})
    for (sidera::index_t i = 0; i < store.value(p).size(); ++i)
      store.value(p).data()[i] = sidera::random_stream(3, p.index).normal(static_cast<std::uint64_t>(i));
  std::vector<code_t> const own{9, 2, 2, sidera::no_code, 4, 9, sidera::no_code, sidera::no_code};
  auto const matrix = Eigen::Map<sidera::code_matrix const>(own.data(), 4, 2);
  auto const run = [&](auto const& project) {
    store.clear_gradients();
    sidera::tape<double> t(store);
    auto const y = project(t);
    t.backward(sum(y * y));
    return std::vector<sidera::matrix<double>>{y.value(), store.gradient(table), store.gradient(weight)};
  };
  auto const shared = run([&](auto& t) {
    auto const e = shared_row_sums(t[table], std::span<code_t const>(own), 2);
    CHECK(e.rows.rows() == 3);
    CHECK(e.size() == 4);
    CHECK((e.sums().value().array() == embedding_sum(t[table], matrix).value().array()).all());
    return matmul(e, t[weight]).sums();
  });
  CHECK(store.raw(table).touched->rows == std::vector<std::uint32_t>{2, 4, 9});
  auto const plain = run([&](auto& t) { return matmul(embedding_sum(t[table], matrix), t[weight]); });
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK((shared[i] - plain[i]).cwiseAbs().maxCoeff() < 1e-12);
  sidera::tape<double> t(store);
  std::vector<code_t> const wrong{0, 1, 2, 12};
  CHECK_THROWS_WITH_AS((void)shared_row_sums(t[table], std::span<code_t const>(wrong), 2),
                       "shared_row_sums: row 1 asks for entry 12 of 12", sidera::value_error);
}
