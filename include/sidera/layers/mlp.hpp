// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/layers/dropout_layer.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// Dense layers with the activation F between them and none behind the last one; dropout behind each activation.
/// Parameters: "name.0.weight", "name.0.bias", "name.1.weight", ...
template <class F = functions::relu>
struct mlp {
  std::vector<linear<F>> hidden;
  linear<> last;
  dropout_layer drop;

  mlp() = default;
  /// `sizes` = inputs, hidden sizes ..., outputs: at least two. Throws value_error.
  template <Scalar T, WeightInitializer I = xavier_uniform>
  mlp(parameters<T>& store, std::string const& name, std::vector<std::size_t> const& sizes, random_stream stream,
      double dropout_rate = 0, F f = {}, I const& init = {})
      : drop{dropout_rate, stream.fork(store.size())} {
    if (sizes.size() < 2) throw value_error("mlp", "there are " + std::to_string(sizes.size()) + " sizes, expected 2");
    auto const layer_name = [&](std::size_t i) { return name + "." + std::to_string(i); };
    std::size_t const n = sizes.size() - 2;
    for (std::size_t i = 0; i < n; ++i)
      hidden.emplace_back(store, layer_name(i), sizes[i], sizes[i + 1], stream, f, bias_use::yes, init);
    last = linear<>(store, layer_name(n), sizes[n], sizes[n + 1], stream, {}, bias_use::yes, init);
  }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, pass p = {}) const {
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      dropout_layer const own{drop.rate, drop.stream.fork(i)};
      x = own(hidden[i](x), p);
    }
    return last(x);
  }
};
static_assert(Layer<mlp<>>);

/// Throws value_error on behalf of `where` unless the sizes are at least 1 and `fields` have weights of dense layers of
/// these sizes as "<name>.i.weight": for sizes that stand in a file, before layers of such sizes are made.
template <Scalar T>
void require_mlp_fields(field_set const& fields, std::string const& name, std::vector<std::size_t> const& sizes,
                        std::string_view where) {
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    std::string const weight = name + "." + std::to_string(i) + ".weight";
    if (sizes[i] == 0 || sizes[i + 1] == 0 || !fields.holds<T>(weight, sizes[i], sizes[i + 1]))
      throw value_error(where, "the sizes are not those of \"" + weight + "\"");
  }
}

}  // namespace sidera::inline SIDERA_ABI
