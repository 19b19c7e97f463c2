// SPDX-License-Identifier: MIT
#include <laws/gradient_laws.hpp>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/div.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/head_products.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/tanh.hpp>

using laws::gradient_law;

TEST_CASE("gradients of products") {
  gradient_law("matmul", {"m x k", "k x n"}, [](auto in) { return matmul(in[0], in[1]); });
  gradient_law("matmul_nt", {"m x k", "n x k"}, [](auto in) { return matmul_nt(in[0], in[1]); });
  gradient_law("matmul_tn", {"k x m", "k x n"}, [](auto in) { return matmul_tn(in[0], in[1]); });
  gradient_law("matmul_by_heads", {"m x 3k", "k x 3n"}, [](auto in) { return matmul_by_heads(in[0], in[1], 3); });
  gradient_law("matmul_nt_by_heads", {"m x 3k", "n x 3k"}, [](auto in) { return matmul_nt_by_heads(in[0], in[1], 3); });
  gradient_law("matmul with itself", {"m x k"}, [](auto in) { return matmul_nt(in[0], in[0]); });
  gradient_law("dense", {"m x k", "k x n", "1 x n"}, [](auto in) { return dense(in[0], in[1], in[2]); });
  gradient_law("dense tanh", {"m x k", "k x n", "1 x n"},
               [](auto in) { return dense(in[0], in[1], in[2], sidera::functions::tanh{}); },
               {.float_tolerance = 2e-5});
  gradient_law("dense gelu", {"m x k", "k x n", "1 x n"},
               [](auto in) { return dense(in[0], in[1], in[2], sidera::functions::gelu{}); });
}

TEST_CASE("gradients of broadcasts") {
  gradient_law("add", {"m x n", "m x n"}, [](auto in) { return in[0] + in[1]; });
  gradient_law("add row", {"m x n", "1 x n"}, [](auto in) { return in[0] + in[1]; });
  gradient_law("add column", {"m x n", "m x 1"}, [](auto in) { return in[0] + in[1]; });
  gradient_law("add number", {"m x n", "1 x 1"}, [](auto in) { return in[0] + in[1]; });
  gradient_law("add column to row", {"m x 1", "1 x n"}, [](auto in) { return in[0] + in[1]; });
  gradient_law("sub", {"1 x n", "m x n"}, [](auto in) { return in[0] - in[1]; });
  gradient_law("mul", {"m x n", "m x n"}, [](auto in) { return in[0] * in[1]; });
  gradient_law("mul row", {"1 x n", "m x n"}, [](auto in) { return in[0] * in[1]; });
  gradient_law("mul column", {"m x n", "m x 1"}, [](auto in) { return in[0] * in[1]; });
  gradient_law("mul number", {"1 x 1", "m x n"}, [](auto in) { return in[0] * in[1]; });
  gradient_law("mul with itself", {"m x n"}, [](auto in) { return in[0] * in[0]; });
  gradient_law("div", {"m x n", "1 x n"}, [](auto in) { return in[0] / in[1]; }, {.low = 0.5, .high = 2});
  gradient_law("div column", {"m x n", "m x 1"}, [](auto in) { return in[0] / in[1]; }, {.low = 0.5, .high = 2});
}

TEST_CASE("gradients of sums and means") {
  gradient_law("sum", {"m x n"}, [](auto in) { return sum(in[0]); });
  gradient_law("sum_over_rows", {"m x n"}, [](auto in) { return sum_over_rows(in[0]); });
  gradient_law("sum_over_columns", {"m x n"}, [](auto in) { return sum_over_columns(in[0]); });
  gradient_law("sum_over_time", {"3m x n"}, [](auto in) { return sum_over_time(in[0], {in[0].rows() / 3, 3}); });
  gradient_law("mean", {"m x n"}, [](auto in) { return mean(in[0]); });
  gradient_law("mean_over_rows", {"m x n"}, [](auto in) { return mean_over_rows(in[0]); });
  gradient_law("mean_over_columns", {"m x n"}, [](auto in) { return mean_over_columns(in[0]); });
  gradient_law("mean_over_time", {"3m x n"}, [](auto in) { return mean_over_time(in[0], {in[0].rows() / 3, 3}); });
}
