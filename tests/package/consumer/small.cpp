// SPDX-License-Identifier: MIT
// One header of its own choice instead of the whole library: enough to see that a package's paths and flags are right.
#include <sidera/quantizers/vector_quantizer.hpp>

int main() {
  sidera::matrix<float> x = sidera::matrix<float>::Random(200, 8);
  sidera::vector_quantizer<> quantizer({.words = 8});
  quantizer.fit(x);
  return quantizer.decode(quantizer.encode(x)).cols() == 8 ? 0 : 1;
}
