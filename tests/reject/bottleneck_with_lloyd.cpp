// SPDX-License-Identifier: MIT
// expect: this update rule does not follow an encoder that is still learning
#include <sidera/disentangling/dcid.hpp>
#include <sidera/update_rules/lloyd.hpp>

#ifndef SIDERA_ACCEPT
using rule = sidera::lloyd;  // sees all rows at once, while the encoder in front of it moves
#else
using rule = sidera::ema;
#endif
using model = sidera::dcid<sidera::vector_quantizer<sidera::squared_euclidean, rule>>;

int main() {
  return model().stages().empty() ? 0 : 1;
}
