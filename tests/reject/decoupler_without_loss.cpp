// SPDX-License-Identifier: MIT
// expect: satisfaction of [^ ]*Decoupler|does not satisfy .Decoupler
#include <sidera/disentangling/dcid.hpp>

using sidera::mlp_encoder, sidera::mm_ema_codebook;

struct silent {};  // knows neither what to remember nor what to minimise

#ifndef SIDERA_ACCEPT
using model = sidera::dcid<mm_ema_codebook, mlp_encoder, mlp_encoder, silent>;
#else
using model = sidera::dcid<mm_ema_codebook, mlp_encoder, mlp_encoder, sidera::hsic_decoupler>;
#endif

int main() {
  return model().stages().empty() ? 0 : 1;
}
