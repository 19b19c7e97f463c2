// SPDX-License-Identifier: MIT
#include "choose_quantizer.hpp"

#include "compositions.hpp"

sidera::any_quantizer<float> program::choose_quantizer(settings const& s) {
  bool const product = s.scheme == "pq" || s.scheme == "opq";
  if (product && s.beam > 1) throw std::invalid_argument("--beam goes with the residual schemes, not with " + s.scheme);
  if (product && s.words.size() > 1) throw std::invalid_argument("--words takes one number with --scheme " + s.scheme);
  if (s.metric == "ip") {
    if (product) throw std::invalid_argument("--metric ip goes with the residual schemes, not with " + s.scheme);
    if (s.update != "lloyd") throw std::invalid_argument("--metric ip is trained with --update lloyd");
    return inner_product_quantizer(s);
  }
  if (s.metric == "cosine") return cosine_quantizer(s);
  if (s.metric == "l1") return manhattan_quantizer(s);
  return squared_euclidean_quantizer(s);
}
