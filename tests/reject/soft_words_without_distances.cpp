// SPDX-License-Identifier: MIT
// expect: mixes words by their distances, which for this metric have no gradient
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/metrics/manhattan.hpp>

#ifndef SIDERA_ACCEPT
using metric = sidera::manhattan;
#else
using metric = sidera::squared_euclidean;
#endif
using words = sidera::basic_learned_words<metric::representative_type>;

int main() {
  sidera::bottleneck<sidera::vector_quantizer<metric, words>, sidera::annealed_softmax> layer;
  return static_cast<int>(layer.options().ema_repeats) - 1;
}
