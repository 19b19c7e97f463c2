// SPDX-License-Identifier: MIT
// expect: UpdateRuleFitsMetric
#include <sidera/metrics/manhattan.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/update_rules/coordinate_median.hpp>

#ifdef SIDERA_ACCEPT
using rule = sidera::coordinate_median;
#else
using rule = sidera::lloyd;  // the mean of a cell is not what the Manhattan distance calls its best representative
#endif

int main() {
  sidera::residual_quantizer<sidera::manhattan, rule> q;
  return q.fitted();
}
