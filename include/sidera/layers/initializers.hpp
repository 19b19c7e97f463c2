// SPDX-License-Identifier: MIT
#pragma once
/// \file  The first values of weights.
#include <cmath>
#include <numbers>
#include <sidera/autodiff/parameters.hpp>
#include <sidera/core/random.hpp>

namespace sidera::inline SIDERA_ABI {

/// How many numbers one output depends on, and on how many outputs one input has an influence.
struct fan {
  std::size_t in, out;
};

/// Fills a weight that turns rows x into x W.
///
/// Syntax:    `init(weight, fan, stream)` with a writable matrix
/// Semantics: the values depend on the policy, the sizes and the stream alone.
/// Models:    \ref xavier_uniform, \ref kaiming_uniform, \ref kaiming_normal, \ref normal_weights,
///            \ref uniform_weights, \ref orthogonal_weights.
template <class I>
concept WeightInitializer = std::copyable<I> &&
    requires(I const init, Eigen::Map<matrix<float>> weight, fan f, random_stream stream) {
  init(weight, f, stream);
};

namespace detail {

template <class Map>
void fill_uniform(Map weight, double bound, random_stream stream) {
  for (index_t i = 0; i < weight.size(); ++i)
    weight.data()[i] =
        static_cast<typename Map::Scalar>(bound * (2 * stream.uniform(static_cast<std::uint64_t>(i)) - 1));
}
template <class Map>
void fill_normal(Map weight, double deviation, random_stream stream) {
  for (index_t i = 0; i < weight.size(); ++i)
    weight.data()[i] = static_cast<typename Map::Scalar>(deviation * stream.normal(static_cast<std::uint64_t>(i)));
}
[[nodiscard]] inline double at_least_one(std::size_t n) noexcept {
  return static_cast<double>(n == 0 ? 1 : n);
}

}  // namespace detail

/// U(-b, b), b = gain (6 / (in + out))^1/2: keeps the variance of values and gradients; Glorot and Bengio (AISTATS
/// 2010), eq. 16.
struct xavier_uniform {
  double gain = 1;
  template <class Map>
  void operator()(Map weight, fan f, random_stream stream) const {
    detail::fill_uniform(weight, gain * std::sqrt(6 / detail::at_least_one(f.in + f.out)), stream);
  }
};

/// U(-b, b), b = gain (3 / in)^1/2. gain 2^1/2 suits relu (He et al., ICCV 2015, eq. 10); 3^-1/2 gives b = in^-1/2,
/// what many toolkits take for every layer.
struct kaiming_uniform {
  double gain = std::numbers::sqrt2;
  template <class Map>
  void operator()(Map weight, fan f, random_stream stream) const {
    detail::fill_uniform(weight, gain * std::sqrt(3 / detail::at_least_one(f.in)), stream);
  }
};

/// N(0, gain^2 / in); see kaiming_uniform.
struct kaiming_normal {
  double gain = std::numbers::sqrt2;
  template <class Map>
  void operator()(Map weight, fan f, random_stream stream) const {
    detail::fill_normal(weight, gain / std::sqrt(detail::at_least_one(f.in)), stream);
  }
};

/// N(0, deviation^2), whatever the sizes: the habit for embedding tables.
struct normal_weights {
  double deviation = 0.01;
  template <class Map>
  void operator()(Map weight, fan, random_stream stream) const {
    detail::fill_normal(weight, deviation, stream);
  }
};

/// U(-bound, bound), whatever the sizes.
struct uniform_weights {
  double bound = 0.05;
  template <class Map>
  void operator()(Map weight, fan, random_stream stream) const {
    detail::fill_uniform(weight, bound, stream);
  }
};

/// Orthonormal rows or columns, whichever are fewer, times gain: Gram-Schmidt of normal numbers in double; Saxe,
/// McClelland and Ganguli (ICLR 2014).
struct orthogonal_weights {
  double gain = 1;
  template <class Map>
  void operator()(Map weight, fan, random_stream stream) const {
    bool const wide = weight.cols() > weight.rows();
    matrix<double> q(wide ? weight.rows() : weight.cols(), wide ? weight.cols() : weight.rows());
    for (index_t i = 0; i < q.size(); ++i) q.data()[i] = stream.normal(static_cast<std::uint64_t>(i));
    for (index_t i = 0; i < q.rows(); ++i) {
      for (int turn = 0; turn < 2; ++turn)  // once more: the first pass leaves rounding behind
        for (index_t j = 0; j < i; ++j) q.row(i) -= q.row(i).dot(q.row(j)) * q.row(j);
      q.row(i) /= q.row(i).norm();
    }
    using T = typename Map::Scalar;
    weight = wide ? matrix<T>((gain * q).cast<T>()) : matrix<T>((gain * q.transpose()).cast<T>());
  }
};

static_assert(WeightInitializer<xavier_uniform> && WeightInitializer<kaiming_uniform> &&
              WeightInitializer<kaiming_normal> && WeightInitializer<normal_weights> &&
              WeightInitializer<uniform_weights> && WeightInitializer<orthogonal_weights>);

/// A new parameter "name", filled by `init`; streams are told apart by the number of the parameter, so that equal
/// models made in the same order have equal weights.
template <Scalar T, WeightInitializer I>
parameter add_weight(parameters<T>& store, std::string name, std::size_t rows, std::size_t cols, I const& init,
                     random_stream stream, fan f) {
  parameter const p = store.add(std::move(name), rows, cols);
  init(store.value(p), f, stream.fork(p.index));
  return p;
}
template <Scalar T, WeightInitializer I>
parameter add_weight(parameters<T>& store, std::string name, std::size_t rows, std::size_t cols, I const& init,
                     random_stream stream) {
  return add_weight(store, std::move(name), rows, cols, init, stream, {rows, cols});
}

}  // namespace sidera::inline SIDERA_ABI
