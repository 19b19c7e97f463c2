// SPDX-License-Identifier: MIT
#include <laws/gradient_laws.hpp>
#include <sidera/autodiff/ops/abs.hpp>
#include <sidera/autodiff/ops/clamp.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/gelu_tanh.hpp>
#include <sidera/autodiff/ops/leaky_relu.hpp>
#include <sidera/autodiff/ops/log.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sigmoid.hpp>
#include <sidera/autodiff/ops/silu.hpp>
#include <sidera/autodiff/ops/softplus.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/tanh.hpp>

using laws::gradient_law;

TEST_CASE("gradients of elementwise ops") {
  laws::gradient_options const positive{.low = 0.3, .high = 3}, kinked{.step = 1e-5};
  gradient_law("exp", {"m x n"}, [](auto in) { return exp(in[0]); });
  gradient_law(
      "log", {"m x n"}, [](auto in) { return log(in[0]); }, positive);
  gradient_law(
      "sqrt", {"m x n"}, [](auto in) { return sqrt(in[0]); }, positive);
  gradient_law("square", {"m x n"}, [](auto in) { return square(in[0]); });
  gradient_law("tanh", {"m x n"}, [](auto in) { return tanh(in[0]); });
  gradient_law("sigmoid", {"m x n"}, [](auto in) { return sigmoid(in[0]); });
  gradient_law("silu", {"m x n"}, [](auto in) { return silu(in[0]); });
  gradient_law("softplus", {"m x n"}, [](auto in) { return softplus(in[0]); });
  gradient_law("gelu", {"m x n"}, [](auto in) { return gelu(in[0]); });
  gradient_law("gelu_tanh", {"m x n"}, [](auto in) { return gelu_tanh(in[0]); });
  gradient_law("scale and shift", {"m x n"}, [](auto in) { return 1.0 - (-in[0] * 2.0 + 1.0) / 3.0; });
  gradient_law(
      "abs", {"m x n"}, [](auto in) { return abs(in[0]); }, kinked);
  gradient_law(
      "relu", {"m x n"}, [](auto in) { return relu(in[0]); }, kinked);
  gradient_law(
      "leaky_relu", {"m x n"}, [](auto in) { return leaky_relu(in[0], 0.2); }, kinked);
  gradient_law(
      "clamp", {"m x n"}, [](auto in) { return clamp(in[0], -0.5, 0.8); }, kinked);
}
