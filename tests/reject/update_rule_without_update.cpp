// SPDX-License-Identifier: MIT
// expect: state_updates<(U|my_rule), float>
#include <sidera/quantizers/residual_quantizer.hpp>

struct my_rule {
  using representative_type = sidera::representative::mean;

  template <sidera::Scalar T>
  struct state {
    state(my_rule const&, sidera::codebook<T> const&) {}
#ifdef SIDERA_ACCEPT
    void update(sidera::codebook<T>&, sidera::matrix_cref<T> const&, std::span<sidera::code_t const>) {}
#endif
  };
};

int main() {
  sidera::residual_quantizer<sidera::squared_euclidean, my_rule> q;
  return q.fitted();
}
