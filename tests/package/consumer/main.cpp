// SPDX-License-Identifier: MIT
#include <sidera/sidera.hpp>

int main() {
  sidera::matrix<float> x = sidera::matrix<float>::Random(200, 8);
  sidera::residual_quantizer rq({.levels = 2, .words = 8});  // all policies defaulted
  rq.fit(x);
  sidera::residual_quantizer psrq({.levels = 2, .words = 8}, sidera::squared_euclidean{}, sidera::lloyd{},
                                  sidera::prefix_residual{.weight = 1});
  psrq.fit(x);
  return psrq.encode(x).rows() == 200 && rq.decode(rq.encode(x)).cols() == 8 ? 0 : 1;
}
