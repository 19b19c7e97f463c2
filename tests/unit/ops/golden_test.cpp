// SPDX-License-Identifier: MIT
/// Values and gradients of an independent implementation; tests/golden/ops/README.md names it.
#include <laws/golden.hpp>
#include <sidera/autodiff/ops/abs.hpp>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/batched_matmul.hpp>
#include <sidera/autodiff/ops/clamp.hpp>
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/cosine.hpp>
#include <sidera/autodiff/ops/cumulative_sum.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/div.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/gather_columns.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/gelu_tanh.hpp>
#include <sidera/autodiff/ops/gradient_reversal.hpp>
#include <sidera/autodiff/ops/layer_norm.hpp>
#include <sidera/autodiff/ops/leaky_relu.hpp>
#include <sidera/autodiff/ops/log.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/maximum.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/norm_over_columns.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/pow.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/segment_mean.hpp>
#include <sidera/autodiff/ops/silu.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/autodiff/ops/softplus.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/stop_gradient.hpp>
#include <sidera/autodiff/ops/straight_through.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/autodiff/ops/transpose.hpp>
#include <sidera/autodiff/ops/variance.hpp>
#include <sidera/autodiff/ops/where.hpp>

namespace {

using inputs = std::vector<sidera::variable<double>> const&;
using sidera::functions::relu;

std::string const root = laws::golden_folder("ops");

void golden(std::string const& name, std::vector<std::string> const& in, laws::golden_op const& op) {
  laws::golden_law(root + name, in, op);
}
std::vector<sidera::code_t> codes(std::string const& name) {
  auto const m = laws::golden_codes(root + name);
  return {m.data(), m.data() + m.size()};
}
std::vector<std::uint8_t> flags(std::string const& name) {
  auto const m = laws::golden_codes(root + name);
  return {m.data(), m.data() + m.size()};
}

}  // namespace

TEST_CASE("golden: products") {
  golden("matmul", {"a", "b"}, [](inputs in) { return matmul(in[0], in[1]); });
  golden("matmul_nt", {"a", "b"}, [](inputs in) { return matmul_nt(in[0], in[1]); });
  golden("bmm", {"a", "b"}, [](inputs in) { return batched_matmul(in[0], in[1], 2); });
  golden("matvec", {"a", "x"}, [](inputs in) { return matmul_nt(in[0], in[1]); });
  golden("linear", {"x", "W", "b"}, [](inputs in) { return dense(in[0], transpose(in[1]), in[2]); });
  golden("attention", {"q", "k", "v"}, [](inputs in) {
    return batched_matmul(softmax(scale(batched_matmul_nt(in[0], in[1], 2), 1 / std::sqrt(3.0))), in[2], 2);
  });
  golden("mlp", {"x", "W1", "b1", "W2", "b2"}, [](inputs in) {
    return mean(square(dense(dense(in[0], transpose(in[1]), in[2], relu{}), transpose(in[3]), in[4])));
  });
}

TEST_CASE("golden: broadcasts") {
  golden("add_broadcast_row", {"a", "v"}, [](inputs in) { return in[0] + in[1]; });
  golden("add_broadcast_col", {"a", "v"}, [](inputs in) { return in[0] + in[1]; });
  golden("add_broadcast_3d", {"a", "v"}, [](inputs in) { return in[0] + concat_rows(in[1], in[1]); });
  golden("sub", {"a", "b"}, [](inputs in) { return in[0] - in[1]; });
  golden("mul", {"a", "b"}, [](inputs in) { return in[0] * in[1]; });
  golden("mul_broadcast", {"a", "v"}, [](inputs in) { return in[0] * in[1]; });
  golden("div", {"a", "b"}, [](inputs in) { return in[0] / in[1]; });
  golden("maximum", {"a", "b"}, [](inputs in) { return maximum(in[0], in[1]); });
}

TEST_CASE("golden: functions of one number") {
  golden("neg", {"x"}, [](inputs in) { return -in[0]; });
  golden("pow3", {"x"}, [](inputs in) { return pow(in[0], 3); });
  golden("square", {"x"}, [](inputs in) { return square(in[0]); });
  golden("exp", {"x"}, [](inputs in) { return exp(in[0]); });
  golden("log", {"x"}, [](inputs in) { return log(in[0]); });
  golden("sqrt", {"x"}, [](inputs in) { return sqrt(in[0]); });
  golden("tanh", {"x"}, [](inputs in) { return tanh(in[0]); });
  golden("sigmoid", {"x"}, [](inputs in) { return sigmoid(in[0]); });
  golden("softplus", {"x"}, [](inputs in) { return softplus(in[0]); });
  golden("relu", {"x"}, [](inputs in) { return sidera::relu(in[0]); });
  golden("relu_edge", {"x"}, [](inputs in) { return sidera::relu(in[0]); });
  golden("leaky_relu", {"x"}, [](inputs in) { return leaky_relu(in[0], 0.01); });
  golden("gelu", {"x"}, [](inputs in) { return gelu(in[0]); });
  golden("gelu_tanh", {"x"}, [](inputs in) { return gelu_tanh(in[0]); });
  golden("silu", {"x"}, [](inputs in) { return silu(in[0]); });
  golden("abs", {"x"}, [](inputs in) { return abs(in[0]); });
  golden("abs_edge", {"x"}, [](inputs in) { return abs(in[0]); });
  golden("clamp", {"x"}, [](inputs in) { return clamp(in[0], -0.5, 0.8); });
  golden("clamp_edge", {"x"}, [](inputs in) { return clamp(in[0], -0.5, 0.8); });
  golden("clamp_min", {"x"}, [](inputs in) { return clamp(in[0], 0.1, std::numeric_limits<double>::infinity()); });
}

TEST_CASE("golden: sums, means, variances, maxima") {
  golden("sum_all", {"x"}, [](inputs in) { return sum(in[0]); });
  golden("sum_axis0", {"x"}, [](inputs in) { return sum_over_rows(reshape(in[0], 2, 20)); });
  golden("sum_axis1", {"x"}, [](inputs in) { return sum_over_time(in[0], {2, 4}); });
  golden("sum_axis2", {"x"}, [](inputs in) { return sum_over_columns(in[0]); });
  golden("mean_all", {"x"}, [](inputs in) { return mean(in[0]); });
  golden("mean_axis0", {"x"}, [](inputs in) { return mean_over_rows(reshape(in[0], 2, 20)); });
  golden("mean_axis1", {"x"}, [](inputs in) { return mean_over_time(in[0], {2, 4}); });
  golden("avg_pool_all", {"x"}, [](inputs in) { return mean_over_columns(reshape(in[0], 6, 9)); });
  golden("var_axis0_unbiased", {"x"}, [](inputs in) { return variance_over_rows(in[0], 1); });
  golden("var_axis1_biased", {"x"}, [](inputs in) { return variance_over_columns(in[0]); });
  golden("std_axis0", {"x"}, [](inputs in) { return sqrt(variance_over_rows(in[0], 1)); });
  golden("max_axis1", {"x"}, [](inputs in) { return max_over_columns(in[0]); });
  golden("max_all", {"x"}, [](inputs in) { return max(in[0]); });
  golden("min_axis0", {"x"}, [](inputs in) { return -max_over_rows(-in[0]); });
  golden("max_over_time", {"x"}, [](inputs in) { return max_over_time(in[0], {2, 4}); });
  golden("cumsum", {"x"}, [](inputs in) { return cumulative_sum(in[0]); });
}

TEST_CASE("golden: softmax and normalisations") {
  golden("softmax", {"x"}, [](inputs in) { return softmax(in[0]); });
  golden("softmax_axis1", {"x"}, [](inputs in) { return transpose(softmax(transpose(in[0], 2)), 2); });
  golden("masked_softmax", {"x"}, [](inputs in) { return masked_softmax(in[0], flags("masked_softmax/mask")); });
  golden("softmax_large", {"x"}, [](inputs in) { return softmax(in[0]); });
  golden("log_softmax", {"x"}, [](inputs in) { return log_softmax(in[0]); });
  golden("logsumexp", {"x"}, [](inputs in) { return log_sum_exp(in[0]); });
  golden("logsumexp_large", {"x"}, [](inputs in) { return log_sum_exp(in[0]); });
  golden("diag_mean", {"x"}, [](inputs in) { return mean(diagonal(log_softmax(in[0]))); });
  golden("layer_norm", {"x", "w", "b"}, [](inputs in) { return layer_norm(in[0], in[1], in[2]); });
  golden("l2_normalise", {"x"}, [](inputs in) { return l2_normalise(in[0]); });
  golden("l2_normalise_edge", {"x"}, [](inputs in) { return l2_normalise(in[0]); });
  golden("norm_rows", {"x"}, [](inputs in) { return norm_over_columns(in[0]); });
  golden("cosine_rows", {"a", "b"}, [](inputs in) { return cosine_over_columns(in[0], in[1]); });
  golden("cosine_matrix", {"a", "b"}, [](inputs in) { return cosine_matrix(in[0], in[1]); });
  golden("sqdist_matrix", {"x", "e"}, [](inputs in) { return squared_distances(in[0], in[1]); });
  golden("dist_matrix", {"x", "e"}, [](inputs in) { return distances(in[0], in[1]); });
}

TEST_CASE("golden: moves and selections") {
  golden("concat_axis1", {"a", "b"}, [](inputs in) { return concat_columns(in[0], in[1]); });
  golden("concat_axis0", {"a", "b"}, [](inputs in) { return concat_rows(in[0], in[1]); });
  golden("stack", {"a", "b"}, [](inputs in) { return concat_rows(in[0], in[1]); });
  golden("slice", {"x"}, [](inputs in) { return slice_columns(in[0], 1, 2); });
  golden("slice_step", {"x"}, [](inputs in) { return slice_columns(slice_rows(in[0], 0, 2, 2), 1, 4); });
  golden("transpose", {"x"}, [](inputs in) { return transpose(in[0]); });
  golden("permute_3d", {"x"}, [](inputs in) { return transpose(in[0]); });
  golden("reshape", {"x"}, [](inputs in) { return reshape(in[0], 8, 5); });
  golden("flip_axis0", {"x"}, [](inputs in) { return gather_rows(in[0], std::vector<sidera::code_t>{3, 2, 1, 0}); });
  golden("gather_rows", {"x"}, [](inputs in) { return gather_rows(in[0], codes("gather_rows/ids")); });
  golden("gather_last", {"x"}, [](inputs in) { return pick(in[0], laws::golden_codes(root + "gather_last/ids")); });
  golden("select_columns", {"x"}, [](inputs in) { return gather_columns(in[0], codes("select_columns/cols")); });
  golden("scatter_add_rows", {"base", "src"},
         [](inputs in) { return scatter_add_rows(in[0], in[1], codes("scatter_add_rows/ids")); });
  golden("segment_mean", {"x"}, [](inputs in) { return segment_mean(in[0], codes("segment_mean/ids"), 3); });
  golden("where", {"a", "b"}, [](inputs in) { return where(flags("where/mask"), in[0], in[1]); });
  golden("dropout_mask", {"x"}, [](inputs in) {
    return in[0] * in[0].owner().constant(laws::golden_matrix(root + "dropout_mask/keep") / 0.7);
  });
}

TEST_CASE("golden: gradients that are not those of the value") {
  golden("straight_through", {"x", "q"}, [](inputs in) { return straight_through(in[0], in[1]); });
  golden("stop_gradient", {"x", "w"}, [](inputs in) { return in[1] * stop_gradient(in[0]) + in[0]; });
  golden("gradient_reversal", {"x"}, [](inputs in) { return gradient_reversal(in[0], 0.5); });
  golden("fan_out", {"x"}, [](inputs in) { return in[0] * in[0] + in[0] * tanh(in[0]) + sum(in[0]); });
}

TEST_CASE("golden: losses made of ops") {
  golden("mse", {"a", "b"}, [](inputs in) { return mean(square(in[0] - in[1])); });
  golden("l1", {"a", "b"}, [](inputs in) { return mean(abs(in[0] - in[1])); });
  auto const classes = [](std::string const& name) -> sidera::code_matrix {
    return laws::golden_codes(root + name + "/cls").transpose();
  };
  golden("cross_entropy", {"x"}, [&](inputs in) { return -mean(pick(log_softmax(in[0]), classes("cross_entropy"))); });
  golden("cross_entropy_smooth", {"x"}, [&](inputs in) {
    auto const logs = log_softmax(in[0]);
    return -0.9 * mean(pick(logs, classes("cross_entropy_smooth"))) - 0.1 * mean(logs);
  });
  golden("bce_logits", {"x"}, [](inputs in) {
    return mean(softplus(in[0]) - in[0] * in[0].owner().constant(laws::golden_matrix(root + "bce_logits/t")));
  });
  golden("kl_gaussian", {"mu", "s"}, [](inputs in) { return 0.5 * sum(exp(in[1]) + square(in[0]) - 1.0 - in[1]); });
  golden("gauss_loglik", {"mu", "s", "t"},
         [](inputs in) { return -0.5 * mean(sum_over_columns(square(in[0] - in[2]) * exp(-in[1]) + in[1])); });
}
