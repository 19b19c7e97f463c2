// SPDX-License-Identifier: MIT
// expect: compares_rows<(M|my_metric), float>
#include <sidera/quantizers/residual_quantizer.hpp>

struct my_metric {
  using representative_type = sidera::representative::mean;
#ifdef SIDERA_ACCEPT
  template <sidera::Scalar T>
  T operator()(std::span<T const>, std::span<T const>) const {
    return 0;
  }
#else
  template <sidera::Scalar T>
  void operator()(std::span<T const>, std::span<T const>) const {}
#endif
};

int main() {
  sidera::residual_quantizer<my_metric, sidera::lloyd> q;
  return q.fitted();
}
