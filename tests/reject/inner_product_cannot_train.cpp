// SPDX-License-Identifier: MIT
// expect: satisfaction of [^ ]*Divergence|does not satisfy 'Divergence'
#include <sidera/metrics/inner_product.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

int main() {
  sidera::residual_quantizer<sidera::inner_product, sidera::lloyd> q;  // enough to load a model and search it
#ifndef SIDERA_ACCEPT
  q.fit(sidera::matrix<float>::Random(10, 2));
#endif
  return q.fitted();
}
