// SPDX-License-Identifier: MIT
#pragma once
/// \file  The laws of a differentiable computation, as one line per op:
///        gradient_law("matmul", {"m x k", "k x n"}, [](auto in) { return matmul(in[0], in[1]); });
///
/// For sizes 1, odd and larger than a register:
///  - the gradient in double equals a five-point difference quotient of a random weighted sum of the result,
///  - it is added to a gradient that is there already, and inputs that are constants change nothing,
///  - float agrees with double, and is the same bit for bit on 1, 2 and 4 threads,
///  - sizes of 0 give finite numbers or an argument_error.
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <numeric>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sstream>

namespace laws {

struct gradient_options {
  double low = -1.5, high = 1.5;  ///< range of the inputs
  double step = 1e-3;             ///< of the difference quotient
  double tolerance = 1e-8;        ///< of the gradient in double
  double float_tolerance = 1e-5;  ///< of float against double
  std::vector<std::array<std::size_t, 3>> sizes = {{1, 1, 1}, {1, 7, 3}, {6, 1, 5}, {5, 4, 1}, {3, 9, 2}, {7, 13, 17}};
  std::array<std::size_t, 3> large = {301, 130, 67};  ///< m, n, k for the threads
};

/// What the law measured; the caller decides, so that a test can show that a wrong gradient is caught.
struct gradient_report {
  double gradient_error = 0;      ///< analytic against the difference quotient, relative to max(1, |g|)
  double accumulation_error = 0;  ///< added to an existing gradient
  double constant_error = 0;      ///< with some inputs constant
  double float_value_error = 0, float_gradient_error = 0;
  bool same_for_threads = true;
  bool empty_is_safe = true;
};

template <class T>
using op_function = std::function<sidera::variable<T>(std::vector<sidera::variable<T>> const&)>;

namespace detail {

/// "m x n" with m, n, k replaced by sizes; a digit is itself and "2m" is twice m.
inline std::size_t size_of(std::string const& word, std::array<std::size_t, 3> const& mnk) {
  std::size_t factor = 1, used = 0;
  if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) factor = std::stoul(word, &used);
  if (used == word.size()) return factor;
  return factor * mnk[word[used] == 'm' ? 0 : word[used] == 'n' ? 1 : 2];
}

template <class T>
struct problem {
  sidera::parameters<T> store;
  std::vector<sidera::parameter> inputs;

  problem(std::vector<std::string> const& shapes, std::array<std::size_t, 3> mnk, gradient_options const& o) {
    sidera::random_stream const random(20240611);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      std::istringstream text(shapes[i]);
      std::string rows, by, cols;
      text >> rows >> by >> cols;
      inputs.push_back(store.add("in" + std::to_string(i), size_of(rows, mnk), size_of(cols, mnk)));
      auto value = store.value(inputs.back());
      // Rounded to float, so that the float and the double problem have the same inputs.
      for (sidera::index_t j = 0; j < value.size(); ++j)
        value.data()[j] = static_cast<T>(
            static_cast<float>(o.low + (o.high - o.low) * random.fork(i).uniform(static_cast<std::uint64_t>(j))));
    }
  }
};

/// loss = sum(w * op(inputs)) [+ sum(w * inputs)], recorded so that the gradient of the second part comes first.
template <class T>
sidera::variable<T> weighted(sidera::variable<T> y, std::uint64_t stream) {
  sidera::matrix<T> w(y.value().rows(), y.value().cols());
  sidera::random_stream const random(7, stream);
  for (sidera::index_t j = 0; j < w.size(); ++j)
    w.data()[j] = static_cast<T>(static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(j)) - 1));
  return sum(y * y.owner().constant(w));
}

struct mode {
  bool also_direct = false;                         ///< every input has a second, direct use
  std::size_t only = static_cast<std::size_t>(-1);  ///< all other inputs are constants
  bool backward = true;
};

template <class T>
double run(problem<T>& p, op_function<T> const& op, mode m = {}, sidera::executor_ref executor = {},
           std::vector<T>* value = nullptr) {
  sidera::tape<T> t(p.store, executor);
  p.store.clear_gradients();
  std::vector<sidera::variable<T>> in;
  for (std::size_t i = 0; i < p.inputs.size(); ++i) {
    bool const constant = m.only < p.inputs.size() && m.only != i;
    in.push_back(constant ? t.constant(sidera::matrix<T>(p.store.value(p.inputs[i]))) : t[p.inputs[i]]);
  }
  sidera::variable<T> const y = op(in);
  if (value != nullptr) value->assign(y.data(), y.data() + y.size());
  sidera::variable<T> const loss = weighted(y, 99);
  double total = static_cast<double>(loss.item());
  std::vector<sidera::variable<T>> direct;
  if (m.also_direct)
    for (std::size_t i = 0; i < in.size(); ++i) direct.push_back(weighted(in[i], i));
  if (!m.backward || !loss.wants_gradient()) return total;
  for (auto const& d : direct) d.raw().has_gradient = true, *d.gradient_data() = T(1);
  t.backward(loss);
  return total;
}

template <class T>
std::vector<double> gradients(problem<T> const& p) {
  std::vector<double> all;
  for (auto const input : p.inputs) {
    sidera::matrix<T> const g = p.store.gradient(input);
    for (sidera::index_t j = 0; j < g.size(); ++j) all.push_back(static_cast<double>(g.data()[j]));
  }
  return all;
}

/// max |a - b| / max(1, |b|); NaN counts as infinite.
inline double worst(std::vector<double> const& a, std::vector<double> const& b) {
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    double const error = std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i]));
    largest = error <= largest ? largest : std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return largest;
}

/// Directions in the space of all inputs: every axis, or where they are many, some of them and dense ones of +-1, in
/// which a single wrong entry shows as much as along its own axis.
inline std::vector<std::vector<double>> probes(std::size_t entries) {
  constexpr std::size_t few = 200, axes = 64, dense = 24;
  std::vector<std::vector<double>> all;
  std::size_t const step = entries <= few ? 1 : entries / axes;
  for (std::size_t j = 0; j < entries; j += step) all.emplace_back(entries, 0.0)[j] = 1;
  sidera::random_stream const random(11);
  for (std::size_t d = 0; entries > few && d < dense; ++d) {
    auto& direction = all.emplace_back(entries);
    for (std::size_t j = 0; j < entries; ++j) direction[j] = random.fork(d).uniform(j) < 0.5 ? -1 : 1;
  }
  return all;
}

/// The slope of the loss along `direction` by five points, the outermost 2 h away.
inline double difference_quotient(problem<double>& p, op_function<double> const& op,
                                  std::vector<double> const& direction, double h) {
  double const length = std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
  std::vector<sidera::matrix<double>> start;
  for (auto const input : p.inputs) start.emplace_back(p.store.value(input));
  auto const move = [&](double by) {
    auto d = direction.begin();
    for (std::size_t i = 0; i < p.inputs.size(); ++i) {
      auto value = p.store.value(p.inputs[i]);
      for (sidera::index_t j = 0; j < value.size(); ++j, ++d) value.data()[j] = start[i].data()[j] + by * *d;
    }
  };
  auto const at = [&](double steps) {
    move(steps * h / length);
    return run(p, op, {false, static_cast<std::size_t>(-1), false});
  };
  double const slope = length * (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
  move(0);
  return slope;
}

inline void check_double(gradient_report& r, problem<double>& p, op_function<double> const& op,
                         gradient_options const& o) {
  run(p, op);
  std::vector<double> const analytic = gradients(p);
  std::vector<double> expected, slopes;
  for (auto const& direction : probes(analytic.size())) {
    expected.push_back(std::inner_product(direction.begin(), direction.end(), analytic.begin(), 0.0));
    slopes.push_back(difference_quotient(p, op, direction, o.step));
  }
  r.gradient_error = std::max(r.gradient_error, worst(expected, slopes));
  run(p, op, {true});
  std::vector<double> accumulated = gradients(p);
  std::size_t at = 0;
  for (std::size_t i = 0; i < p.inputs.size(); ++i) {
    sidera::random_stream const random(7, i);
    for (std::size_t j = 0; j < p.store.rows(p.inputs[i]) * p.store.cols(p.inputs[i]); ++j, ++at)
      accumulated[at] -= static_cast<double>(static_cast<float>(2 * random.uniform(j) - 1));
  }
  r.accumulation_error = std::max(r.accumulation_error, worst(accumulated, analytic));
  for (std::size_t only = 0, begin = 0; only < p.inputs.size(); ++only) {
    run(p, op, {false, only});
    std::vector<double> const alone = gradients(p);
    std::size_t const count = p.store.rows(p.inputs[only]) * p.store.cols(p.inputs[only]);
    for (std::size_t j = begin; j < begin + count; ++j)
      r.constant_error = std::max(r.constant_error, worst({alone[j]}, {analytic[j]}));
    begin += count;
  }
}

inline void check_float(gradient_report& r, problem<float>& p, op_function<float> const& op, problem<double>& exact,
                        op_function<double> const& exact_op) {
  std::vector<float> value;
  std::vector<double> exact_value;
  run(p, op, {}, {}, &value);
  run(exact, exact_op, {}, {}, &exact_value);
  r.float_value_error =
      std::max(r.float_value_error, worst(std::vector<double>(value.begin(), value.end()), exact_value));
  r.float_gradient_error = std::max(r.float_gradient_error, worst(gradients(p), gradients(exact)));
}

inline void check_threads(gradient_report& r, problem<float>& p, op_function<float> const& op) {
  std::vector<float> one;
  run(p, op, {}, {}, &one);
  std::vector<double> const gradient = gradients(p);
  for (std::size_t const threads : {std::size_t{2}, std::size_t{4}}) {
    sidera::thread_pool pool(threads);
    std::vector<float> value;
    run(p, op, {}, pool, &value);
    r.same_for_threads = r.same_for_threads && value == one && gradients(p) == gradient;
  }
}

inline void check_empty(gradient_report& r, std::vector<std::string> const& shapes, op_function<double> const& op,
                        gradient_options const& o) {
  for (auto const& mnk : {std::array<std::size_t, 3>{0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {0, 0, 0}}) try {
      problem<double> p(shapes, mnk, o);
      std::vector<double> value;
      bool const finite = std::isfinite(run(p, op, {}, {}, &value));
      r.empty_is_safe = r.empty_is_safe && finite && worst(gradients(p), gradients(p)) == 0;
    } catch (sidera::argument_error const&) {
    }
}

}  // namespace detail

/// Measures the laws for `op` on inputs of the given shapes.
inline gradient_report measure_gradient(std::vector<std::string> const& shapes, op_function<double> const& op,
                                        op_function<float> const& float_op, gradient_options const& o = {}) {
  gradient_report r;
  for (auto const& mnk : o.sizes) {
    detail::problem<double> exact(shapes, mnk, o);
    detail::problem<float> single(shapes, mnk, o);
    detail::check_double(r, exact, op, o);
    detail::check_float(r, single, float_op, exact, op);
  }
  detail::problem<float> large(shapes, o.large, o);
  detail::check_threads(r, large, float_op);
  detail::check_empty(r, shapes, op, o);
  return r;
}

/// All laws, as checks.
template <class Op>
void gradient_law(std::string const& name, std::vector<std::string> const& shapes, Op op,
                  gradient_options const& o = {}) {
  CAPTURE(name);
  gradient_report const r = measure_gradient(shapes, op_function<double>(op), op_function<float>(op), o);
  CHECK(r.gradient_error < o.tolerance);
  CHECK(r.accumulation_error < 1e-12);
  CHECK(r.constant_error == 0);
  CHECK(r.float_value_error < o.float_tolerance);
  CHECK(r.float_gradient_error < o.float_tolerance);
  CHECK(r.same_for_threads);
  CHECK(r.empty_is_safe);
}

}  // namespace laws
