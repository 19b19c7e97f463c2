// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <sidera/quantizers/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// A quantizer whose type is chosen at run time (programs, language bindings). Holds any \ref Quantizer by value; calls
/// cost one indirection per call, not per row. An empty one throws not_fitted_error.
template <Scalar T = float>
class any_quantizer {
 public:
  using scalar_type = T;

  any_quantizer() = default;
  template <class Q>  // the comparison first: whether this class is copyable must not depend on itself
  requires(!std::same_as<Q, any_quantizer>) && Quantizer<Q>&& std::same_as<typename Q::scalar_type, T> any_quantizer(
                                                   Q quantizer)
      : self_(std::make_unique<model<Q>>(std::move(quantizer))) {}  // NOLINT: implicit on purpose
  any_quantizer(any_quantizer const& other) : self_(other.self_ ? other.self_->clone() : nullptr) {}
  any_quantizer(any_quantizer&&) noexcept = default;
  any_quantizer& operator=(any_quantizer other) noexcept {
    self_ = std::move(other.self_);
    return *this;
  }

  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {}, observer const& watch = {}) {
    return self("fit").fit(x, executor, watch);
  }
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    return self("encode").encode(x, executor);
  }
  [[nodiscard]] matrix<T> decode(code_matrix const& codes) const { return self("decode").decode(codes); }
  [[nodiscard]] std::size_t level_count() const { return self_ ? self_->level_count() : 0; }
  [[nodiscard]] std::size_t word_count(std::size_t level) const { return self("word_count").word_count(level); }
  [[nodiscard]] std::size_t dim() const { return self_ ? self_->dim() : 0; }
  [[nodiscard]] bool fitted() const { return self_ && self_->fitted(); }
  [[nodiscard]] field_set fields() const { return self("fields").fields(); }
  void load(field_set const& f) { self("load").load(f); }

 private:
  struct interface {
    virtual ~interface() = default;
    virtual std::unique_ptr<interface> clone() const = 0;
    virtual fit_report fit(matrix_cref<T> const&, executor_ref, observer const&) = 0;
    virtual code_matrix encode(matrix_cref<T> const&, executor_ref) const = 0;
    virtual matrix<T> decode(code_matrix const&) const = 0;
    virtual std::size_t level_count() const = 0;
    virtual std::size_t word_count(std::size_t) const = 0;
    virtual std::size_t dim() const = 0;
    virtual bool fitted() const = 0;
    virtual field_set fields() const = 0;
    virtual void load(field_set const&) = 0;
  };

  template <Quantizer Q>
  struct model final : interface {
    explicit model(Q q) : quantizer(std::move(q)) {}
    std::unique_ptr<interface> clone() const override { return std::make_unique<model>(*this); }
    fit_report fit(matrix_cref<T> const& x, executor_ref executor, observer const& watch) override {
      return quantizer.fit(x, executor, watch);
    }
    code_matrix encode(matrix_cref<T> const& x, executor_ref executor) const override {
      return quantizer.encode(x, executor);
    }
    matrix<T> decode(code_matrix const& codes) const override { return quantizer.decode(codes); }
    std::size_t level_count() const override { return quantizer.level_count(); }
    std::size_t word_count(std::size_t level) const override { return quantizer.word_count(level); }
    std::size_t dim() const override { return quantizer.dim(); }
    bool fitted() const override { return quantizer.fitted(); }
    field_set fields() const override { return quantizer.fields(); }
    void load(field_set const& f) override { quantizer.load(f); }
    Q quantizer;
  };

  [[nodiscard]] interface& self(std::string_view function) const {
    if (!self_) throw not_fitted_error("any_quantizer::" + std::string(function), "it holds no quantizer");
    return *self_;
  }

  std::unique_ptr<interface> self_;
};
static_assert(Quantizer<any_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
