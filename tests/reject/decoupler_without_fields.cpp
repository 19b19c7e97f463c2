// SPDX-License-Identifier: MIT
// expect: a checkpoint would lose what
#include <sidera/disentangling/dcid.hpp>

/// Learns inside its call, and so keeps something from batch to batch.
struct forgetful {
  template <sidera::Scalar T>
  struct state {
    state(forgetful, sidera::parameters<T>&, std::string const&, std::size_t, std::size_t, sidera::random_stream) {}
    void fit(sidera::matrix<T> const& general, sidera::matrix<T> const&, sidera::executor_ref) { seen = general(0, 0); }
    sidera::variable<T> estimate(sidera::variable<T> general, sidera::variable<T>, sidera::sequence_shape,
                                 std::size_t) const {
      return seen * sum(general);
    }
    sidera::variable<T> operator()(sidera::variable<T> general, sidera::variable<T> specific,
                                   sidera::sequence_shape shape, std::size_t step) {
      return estimate(general, specific, shape, step);
    }
#ifdef SIDERA_ACCEPT
    void to_fields(sidera::field_set& f, std::string const& prefix) const {
      f.put(prefix, std::vector<T>{seen});
    }
    void from_fields(sidera::field_set const& f, std::string const& prefix) {
      seen = f.get_number<T>(prefix);
    }
#endif
    T seen = 0;
  };
};

int main() {
  using sidera::mlp_encoder;
  return sidera::dcid<sidera::mm_ema_codebook, mlp_encoder, mlp_encoder, forgetful>().stages().empty() ? 0 : 1;
}
