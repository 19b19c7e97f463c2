// SPDX-License-Identifier: MIT
#pragma once
/// \file  The semantic half of the concept Quantizer. A new quantizer is one call of `quantizer_laws`.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/quantizers/concepts.hpp>

namespace laws {

/// What a quantizer's training may do besides the nearest word.
struct quantizer_traits {
  bool trains_with_nearest_words = true;  ///< false: the codes of training need not be those of encode (balanced)
};

/// Equal tensors and equal text: the same model.
[[nodiscard]] inline bool same_fields(sidera::field_set const& a, sidera::field_set const& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (auto const& [name, tensor] : a.tensors) {
    auto const other = b.tensors.find(name);
    if (other == b.tensors.end() || tensor.shape != other->second.shape || tensor.data != other->second.data)
      return false;
  }
  return true;
}

template <class Q>
void law_codes_have_words(Q const& fitted, sidera::matrix<typename Q::scalar_type> const& x) {
  auto const codes = fitted.encode(x);
  REQUIRE(codes.rows() == x.rows());
  REQUIRE(sidera::column_count(codes) == fitted.level_count());
  for (sidera::index_t l = 0; l < codes.cols(); ++l) {
    CHECK(codes.col(l).minCoeff() >= 0);
    CHECK(codes.col(l).maxCoeff() < static_cast<sidera::code_t>(fitted.word_count(static_cast<std::size_t>(l))));
  }
}

/// decode(encode(x)) is the reconstruction that training saw, and a finite one.
template <class Q>
void law_decoding_is_what_training_saw(Q prototype, sidera::matrix<typename Q::scalar_type> const& x,
                                       quantizer_traits traits) {
  auto const report = prototype.fit(x);
  REQUIRE(report.codes.rows() == x.rows());
  auto const codes = prototype.encode(x);
  if (traits.trains_with_nearest_words) CHECK(codes == report.codes);
  CHECK(prototype.decode(codes).allFinite());
  CHECK(prototype.decode(codes) == prototype.decode(prototype.encode(x)));
  auto const left = (x - prototype.decode(report.codes)).template cast<double>().eval();
  auto const spread = (x.rowwise() - x.colwise().mean()).template cast<double>().eval();
  if (spread.squaredNorm() > 0)
    CHECK(left.squaredNorm() / spread.squaredNorm() ==
          doctest::Approx(report.levels.back().relative_error).epsilon(1e-4));
}

/// Codebooks, codes and reports do not depend on who does the work.
template <class Q>
void law_threads_change_nothing(Q const& prototype, sidera::matrix<typename Q::scalar_type> const& x) {
  Q alone = prototype;
  auto const report = alone.fit(x);
  for (std::size_t const threads : {1u, 2u, 4u}) {
    CAPTURE(threads);
    sidera::thread_pool pool(threads);
    Q model = prototype;
    auto const other = model.fit(x, pool);
    CHECK(other.codes == report.codes);
    CHECK(same_fields(model.fields(), alone.fields()));
    CHECK(model.encode(x, pool) == alone.encode(x));
    for (std::size_t l = 0; l < report.levels.size(); ++l) {
      CHECK(other.levels[l].iterations == report.levels[l].iterations);
      CHECK(other.levels[l].objective == report.levels[l].objective);
    }
  }
}

/// A model from saved fields gives the same codes and rows; damaged fields are refused and change nothing.
template <class Q>
void law_loading_restores(Q const& fitted, Q prototype, sidera::matrix<typename Q::scalar_type> const& x) {
  auto const fields = fitted.fields();
  prototype.load(fields);
  CHECK(prototype.encode(x) == fitted.encode(x));
  CHECK(prototype.decode(fitted.encode(x)) == fitted.decode(fitted.encode(x)));
  CHECK(same_fields(prototype.fields(), fields));
  for (auto const& [name, tensor] : fields.tensors) {
    auto damaged = fields;
    damaged.tensors.erase(name);
    if (name == "rotation") continue;  // its absence means something
    CHECK_THROWS_AS(prototype.load(damaged), sidera::argument_error);
  }
  for (auto const& [name, text] : fields.metadata) {
    auto damaged = fields;
    damaged.metadata[name] = "nonsense";
    if (name == "update_rule") continue;  // told for information
    CHECK_THROWS_AS(prototype.load(damaged), sidera::argument_error);
  }
  CHECK(same_fields(prototype.fields(), fields));
}

/// A tensor without its last row, without its last column, with rows as columns, of another size than its shape says,
/// or with a number that is none.
template <class T>
[[nodiscard]] std::vector<sidera::tensor> damages(sidera::tensor const& whole) {
  std::vector<sidera::tensor> out;
  auto const* values = std::get_if<std::vector<T>>(&whole.data);
  if (values == nullptr || values->empty()) return out;
  out.push_back({whole.shape, std::vector<T>(values->begin(), values->end() - 1)});
  auto odd = *values;
  if constexpr (std::floating_point<T>)
    odd.back() = std::numeric_limits<T>::quiet_NaN();
  else
    odd.back() = std::numeric_limits<T>::min();
  out.push_back({whole.shape, std::move(odd)});
  out.push_back({{0}, std::vector<T>()});
  if (whole.shape.size() != 2) return out;
  using block = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  block const all = Eigen::Map<block const>(values->data(), static_cast<sidera::index_t>(whole.shape[0]),
                                            static_cast<sidera::index_t>(whole.shape[1]));
  auto const add = [&](block const& b) {
    out.push_back({{static_cast<std::size_t>(b.rows()), static_cast<std::size_t>(b.cols())},
                   std::vector<T>(b.data(), b.data() + b.size())});
  };
  add(all.topRows(all.rows() - 1));
  add(all.leftCols(all.cols() - 1));
  add(all.transpose());
  add(block(0, all.cols()));
  return out;
}

/// Whatever a tensor of a saved model has become, loading refuses it and changes nothing, or the model is whole.
template <class Q>
void law_damaged_tensors_make_no_broken_model(Q const& fitted, sidera::matrix<typename Q::scalar_type> const& x) {
  using T = typename Q::scalar_type;
  auto const fields = fitted.fields();
  for (auto const& tensor : fields.tensors) {
    CAPTURE(tensor.first);
    auto all = damages<T>(tensor.second);
    for (auto& some : {damages<std::int32_t>(tensor.second), damages<std::int64_t>(tensor.second)})
      all.insert(all.end(), some.begin(), some.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CAPTURE(i);
      auto damaged = fields;
      damaged.tensors[tensor.first] = all[i];
      Q model = fitted;
      try {
        model.load(damaged);
      } catch (sidera::argument_error const&) {
        CHECK(same_fields(model.fields(), fields));
        continue;
      }
      REQUIRE(model.dim() == sidera::column_count(x));
      law_codes_have_words(model, x);
      CHECK(model.decode(model.encode(x)).allFinite());
    }
  }
}

/// Column-major rows, rows with a stride and rows at an odd address are the same rows.
template <class Q>
void law_memory_layout_does_not_matter(Q const& fitted, sidera::matrix<typename Q::scalar_type> const& x) {
  using T = typename Q::scalar_type;
  auto const codes = fitted.encode(x);
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> const column_major = x;
  CHECK(fitted.encode(column_major) == codes);
  sidera::matrix<T> wide = sidera::matrix<T>::Constant(x.rows(), x.cols() + 3, T(99));
  wide.middleCols(1, x.cols()) = x;  // every row starts off any vector's alignment, and the rows are apart
  CHECK(fitted.encode(wide.middleCols(1, x.cols())) == codes);
}

template <class Q>
void law_errors_name_the_fault(Q const& fitted, Q const& prototype, sidera::matrix<typename Q::scalar_type> const& x) {
  using T = typename Q::scalar_type;
  CHECK_THROWS_AS((void)prototype.encode(x), sidera::not_fitted_error);
  CHECK_THROWS_AS((void)prototype.decode(fitted.encode(x)), sidera::not_fitted_error);
  CHECK_THROWS_AS((void)prototype.fields(), sidera::not_fitted_error);
  CHECK_THROWS_AS((void)fitted.encode(x.leftCols(x.cols() - 1)), sidera::shape_error);
  Q model = fitted;
  CHECK_THROWS_AS((void)model.fit(x.topRows(0)), sidera::shape_error);
  CHECK_THROWS_AS((void)model.fit(x.topRows(2)), sidera::shape_error);
  for (T const bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()})
    for (sidera::index_t d = 0; d < x.cols(); ++d) {  // every lane
      sidera::matrix<T> broken = x;
      broken(5, d) = bad;
      CHECK(row_of_error([&] { (void)model.fit(broken); }) == 5);
      CHECK(row_of_error([&] { (void)model.encode(broken); }) == 5);
    }
  CHECK(same_fields(model.fields(), fitted.fields()));  // fit changes nothing when it throws
}

/// What every model of Quantizer keeps. `x` has at least 3 words' worth of rows. Called with an any_quantizer, the laws
/// themselves are compiled once for all models.
template <class Q>
void quantizer_laws(Q const& prototype, sidera::matrix<typename Q::scalar_type> const& x,
                    quantizer_traits traits = {}) {
  static_assert(sidera::Quantizer<Q>);
  Q fitted = prototype;
  (void)fitted.fit(x);
  law_codes_have_words(fitted, x);
  law_decoding_is_what_training_saw(prototype, x, traits);
  law_threads_change_nothing(prototype, x);
  law_loading_restores(fitted, prototype, x);
  law_damaged_tensors_make_no_broken_model(fitted, x);
  law_memory_layout_does_not_matter(fitted, x);
  law_errors_name_the_fault(fitted, prototype, x);
  CHECK(fitted.encode(x.topRows(0)).rows() == 0);  // no rows, no codes
  CHECK(fitted.encode(x.topRows(1)) == fitted.encode(x).topRows(1));
}

}  // namespace laws
