// SPDX-License-Identifier: MIT
// expect: this policy holds parameters, and a model or checkpoint would lose them
#include <sidera/quantizers/vector_quantizer.hpp>

struct scaled {
  double scale = 2;
  template <sidera::Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    return static_cast<T>(scale) * sidera::squared_euclidean{}(a, b);
  }
#ifdef SIDERA_ACCEPT
  void save(sidera::field_set& f) const {
    f.metadata["scale"] = sidera::to_text(scale);
  }
  void load(sidera::field_set const& f) {
    scale = sidera::from_text<double>(f.get_text("scale"), "scaled::load");
  }
#endif
};

int main() {
  sidera::vector_quantizer<scaled, sidera::lloyd> q;
  return static_cast<int>(q.fields().tensors.size());
}
