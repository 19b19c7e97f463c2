// SPDX-License-Identifier: MIT
#include <laws/gradient_laws.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/layer_norm.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/norm_over_columns.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/autodiff/ops/variance.hpp>
#include <sidera/autodiff/ops/weighted_sum_over_time.hpp>

using laws::gradient_law;

namespace {

/// Every third flag is 0.
std::vector<std::uint8_t> kept(std::size_t n) {
  std::vector<std::uint8_t> mask(n);
  for (std::size_t i = 0; i < n; ++i) mask[i] = i % 3 != 1;
  return mask;
}

}  // namespace

TEST_CASE("gradients of softmax and its relatives") {
  gradient_law("softmax", {"m x n"}, [](auto in) { return softmax(in[0]); });
  gradient_law("masked_softmax", {"m x n"}, [](auto in) { return masked_softmax(in[0], kept(in[0].size())); });
  gradient_law("masked_softmax, one row of flags", {"m x n"},
               [](auto in) { return masked_softmax(in[0], kept(in[0].cols())); });
  gradient_law("log_softmax", {"m x n"}, [](auto in) { return log_softmax(in[0]); });
  gradient_law("log_sum_exp", {"m x n"}, [](auto in) { return log_sum_exp(in[0]); });
}

TEST_CASE("gradients of normalisations") {
  gradient_law("layer_norm", {"m x 5", "1 x 5", "1 x 5"}, [](auto in) { return layer_norm(in[0], in[1], in[2]); });
  gradient_law("layer_norm, wide", {"m x 65", "1 x 65", "1 x 65"},
               [](auto in) { return layer_norm(in[0], in[1], in[2]); });
  gradient_law("l2_normalise", {"m x n"}, [](auto in) { return l2_normalise(in[0]); }, {.low = 0.2});
  gradient_law("norm_over_columns", {"m x n"}, [](auto in) { return norm_over_columns(in[0]); }, {.low = 0.2});
  gradient_law("variance_over_rows", {"2m x n"}, [](auto in) { return variance_over_rows(in[0], 1); });
  gradient_law("variance_over_columns", {"m x n"}, [](auto in) { return variance_over_columns(in[0]); });
  gradient_law("variance_over_time", {"3m x n"}, [](auto in) {
    return variance_over_time(in[0], {in[0].rows() / 3, 3});
  });
}

TEST_CASE("gradients over time") {
  gradient_law("repeat_over_time", {"m x n"}, [](auto in) { return repeat_over_time(in[0], {in[0].rows(), 4}); });
  gradient_law("weighted_sum_over_time", {"m x 3", "3m x n"}, [](auto in) {
    return weighted_sum_over_time(in[0], in[1], {in[0].rows(), 3});
  });
  gradient_law("masked_mean_over_time", {"3m x n"}, [](auto in) {
    return masked_mean_over_time(in[0], {in[0].rows() / 3, 3}, kept(in[0].rows()));
  });
  laws::gradient_options const kinked{.step = 1e-6, .tolerance = 1e-7};
  gradient_law(
      "max", {"m x n"}, [](auto in) { return max(in[0]); }, kinked);
  gradient_law(
      "max_over_rows", {"m x n"}, [](auto in) { return max_over_rows(in[0]); }, kinked);
  gradient_law(
      "max_over_columns", {"m x n"}, [](auto in) { return max_over_columns(in[0]); }, kinked);
  gradient_law(
      "max_over_time", {"3m x n"},
      [](auto in) {
        return max_over_time(in[0], {in[0].rows() / 3, 3});
      },
      kinked);
  gradient_law(
      "max_over_time, masked", {"3m x n"},
      [](auto in) {
        return max_over_time(in[0], {in[0].rows() / 3, 3}, kept(in[0].rows()));
      },
      kinked);
}
