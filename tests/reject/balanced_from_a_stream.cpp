// SPDX-License-Identifier: MIT
// expect: this update rule assigns rows by itself
#include <sidera/streaming/fit_stream.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/mini_batch.hpp>

#ifndef SIDERA_ACCEPT
using rule = sidera::balanced;  // compares all rows with one another
#else
using rule = sidera::mini_batch;
#endif

int main() {
  sidera::matrix<float> const x = sidera::matrix<float>::Identity(4, 4);
  sidera::residual_quantizer<sidera::squared_euclidean, rule> model({.levels = 1, .words = 2});
  return fit_stream(model, sidera::matrix_source<float>(x)).levels.size() == 1 ? 0 : 1;
}
