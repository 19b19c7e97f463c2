// SPDX-License-Identifier: MIT
#pragma once
/// \file  What every quantizer offers.
#include <sidera/core/executor.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/observer.hpp>
#include <sidera/quantizers/fit_report.hpp>

namespace sidera::inline SIDERA_ABI {

/// Turns rows into codes and codes into rows.
///
/// Syntax:    `q.fit(x, executor, observer)` -> fit_report, `q.encode(x, executor)` -> N x L codes, `q.decode(codes)`
/// -> N x D,
///            `q.level_count()`, `q.word_count(level)`, `q.dim()`, `q.fitted()`, `q.fields()`, `q.load(fields)`
/// Semantics: codes of level l are 0 .. word_count(l) - 1; equal input and seed give equal codes for any executor;
///            decode(encode(x)) is the reconstruction that training saw; load(fields()) gives a model with equal codes.
/// Models:    \ref vector_quantizer, \ref residual_quantizer, \ref product_quantizer, \ref finite_scalar_quantizer,
///            \ref any_quantizer; trained ones in bottlenecks/: \ref conditional_quantizer, \ref autoencoder_quantizer.
template <class Q>
concept Quantizer = std::copyable<Q> && Scalar<typename Q::scalar_type> &&
    requires(Q& q, Q const& c, matrix_cref<typename Q::scalar_type> const& x, executor_ref executor,
             observer const& watch, code_matrix const& codes, field_set const& fields) {
  { q.fit(x, executor, watch) } -> std::same_as<fit_report>;
  { c.encode(x, executor) } -> std::same_as<code_matrix>;
  { c.decode(codes) } -> std::same_as<matrix<typename Q::scalar_type>>;
  { c.level_count() } -> std::same_as<std::size_t>;
  { c.word_count(std::size_t{}) } -> std::same_as<std::size_t>;
  { c.dim() } -> std::same_as<std::size_t>;
  { c.fitted() } -> std::same_as<bool>;
  { c.fields() } -> std::same_as<field_set>;
  q.load(fields);
};

}  // namespace sidera::inline SIDERA_ABI
