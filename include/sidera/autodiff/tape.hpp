// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reverse-mode differentiation of matrix computations.
///
/// Adding an op: compute the value, then say how the gradient of the result becomes gradients of the inputs.
/// \code
///   /// y = x^3, entry by entry.
///   template <Scalar T>
///   [[nodiscard]] variable<T> cube(variable<T> x) {
///     tape<T>& t = x.owner();
///     variable<T> const y = t.result(x.rows(), x.cols(), x);
///     y.value() = x.value().array().cube().matrix();
///     t.on_backward([=] { x.add_gradient((3 * x.value().array().square() * y.gradient().array()).matrix()); }, y);
///     return y;
///   }
/// \endcode
/// and one line in a test: `gradient_law("cube", {"m x n"}, [](auto in) { return cube(in[0]); });`
#include <initializer_list>
#include <sidera/autodiff/arena.hpp>
#include <sidera/autodiff/parameters.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/simd/gemm.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// A loss and its weight in the sum that is minimised.
template <Scalar T>
struct weighted_loss {
  variable<T> loss;
  T weight = T(1);
};

/// Records a computation on matrices and runs it backwards.
///
/// One training step is: record, `backward`, optimiser step, `parameters::clear_gradients`, `reset`. All memory comes
/// from an arena that is kept: from the second step of the same sizes on, nothing is allocated. The store and the
/// executor must outlive the tape; a tape serves one thread at a time and results do not depend on the executor.
template <Scalar T>
class tape {
 public:
  /// Without parameters.
  explicit tape(executor_ref executor = {}) : executor_(executor), workspaces_(executor.concurrency() + 1) {}
  /// For training: reading a parameter of `store` wants its gradient.
  explicit tape(parameters<T>& store, executor_ref executor = {}) : tape(executor) {
    store_ = &store;
    recording_ = true;
  }
  /// For inference: parameters are constants, nothing is recorded, and many tapes may share the store.
  explicit tape(parameters<T> const& store, executor_ref executor = {}) : tape(executor) {
    store_ = const_cast<parameters<T>*>(&store);
  }
  tape(tape const&) = delete;
  tape& operator=(tape const&) = delete;

  /// A parameter of the store.
  [[nodiscard]] variable<T> operator[](parameter p) {
    if (store_ == nullptr) throw value_error("tape", "this tape was made without parameters");
    node<T>& n = store_->raw(p);
    return recording_ ? variable<T>(*this, n) : refer(n.value, n.rows, n.cols);
  }
  /// A copy of `x` without a gradient.
  [[nodiscard]] variable<T> constant(matrix_cref<T> const& x) { return copy_of(x, false); }
  /// The number `x`, 1 x 1, without a gradient.
  [[nodiscard]] variable<T> constant(T x) {
    variable<T> const y = refer(scratch(1), 1, 1);
    *y.data() = x;
    return y;
  }
  /// A copy of `x` whose gradient is wanted.
  [[nodiscard]] variable<T> input(matrix_cref<T> const& x) { return copy_of(x, true); }
  /// rows x cols numbers of the caller, row-major, not copied: they must stay as they are until the next `reset`.
  [[nodiscard]] variable<T> refer(T const* data, std::size_t rows, std::size_t cols) {
    return {*this, *new (arena_.allocate(sizeof(node<T>))) node<T>{const_cast<T*>(data), nullptr, rows, cols}};
  }
  /// The numbers of `m` without a copy; see the overload with sizes.
  [[nodiscard]] variable<T> refer(matrix<T> const& m) { return refer(m.data(), row_count(m), column_count(m)); }
  [[nodiscard]] variable<T> refer(matrix<T> const&&) = delete;

  /// For ops: a result, not filled; it wants a gradient when one of `inputs` does.
  template <class... Inputs>
  [[nodiscard]] variable<T> result(std::size_t rows, std::size_t cols, Inputs... inputs) {
    return shared_result(scratch(rows * cols), rows, cols, inputs...);
  }
  /// For ops: a result whose numbers are those of `values`; it has a gradient of its own.
  template <class... Inputs>
  [[nodiscard]] variable<T> shared_result(T* values, std::size_t rows, std::size_t cols, Inputs... inputs) {
    bool const wants = (inputs.wants_gradient() || ...);
    T* const gradient = wants ? scratch(rows * cols) : nullptr;
    return {*this, *new (arena_.allocate(sizeof(node<T>))) node<T>{values, gradient, rows, cols, nullptr, wants}};
  }
  /// For ops: memory until the next `reset`, aligned to a cache line, not filled.
  template <class U = T>
  [[nodiscard]] U* scratch(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<U>, "an arena destroys nothing");
    return static_cast<U*>(arena_.allocate(count * sizeof(U)));
  }
  /// For ops: a copy of what the caller passed, so that it need not outlive the call.
  template <class U>
  [[nodiscard]] std::span<std::remove_const_t<U>> keep(std::span<U> values) {
    auto* const copy = scratch<std::remove_const_t<U>>(values.size());
    std::copy_n(values.data(), values.size(), copy);
    return {copy, values.size()};
  }
  /// For ops: `f` turns the gradients of `outputs` into gradients of the inputs, see variable::target. It is called if
  /// at least one output has a gradient; the others are zero then.
  template <class F, class... Outputs>
  void on_backward(F f, Outputs... outputs) {
    static_assert(std::is_trivially_destructible_v<F>, "capture variables, pointers and numbers only");
    if (!(outputs.wants_gradient() || ...)) return;
    auto call = [f, outputs...] {
      if (!(outputs.has_gradient() || ...)) return;
      (static_cast<void>(outputs.zeroed_target()), ...);
      f();
    };
    struct recorded : step {
      decltype(call) body;
    };
    last_ = new (arena_.allocate(sizeof(recorded)))
        recorded{{[](step* s) { static_cast<recorded*>(s)->body(); }, last_}, call};
  }

  /// Adds d loss / d p to the gradient of every parameter and input p that the 1 x 1 `loss` depends on. Once per
  /// recording.
  void backward(variable<T> loss, T weight = T(1)) { backward({{loss, weight}}); }
  /// The same for a weighted sum of losses. Throws shape_error or value_error for one that is no loss, and then no
  /// gradient has changed.
  void backward(std::initializer_list<weighted_loss<T>> losses) {
    for (auto const& [loss, weight] : losses) {
      if (loss.size() != 1) throw shape_error("tape::backward", "the loss is " + shape_text(loss) + ", expected 1 x 1");
      if (!loss.wants_gradient()) throw value_error("tape::backward", "the loss depends on no parameter and no input");
    }
    for (auto const& [loss, weight] : losses) *loss.zeroed_target() += weight;
    for (step* s = last_; s != nullptr; s = s->previous) s->call(s);
    last_ = nullptr;
  }

  /// Forgets the recording; every variable of this tape but the parameters becomes invalid.
  void reset() noexcept {
    last_ = nullptr;
    arena_.reset();
  }

  /// For ops: b (k x n), packed for as long as this recording lives.
  [[nodiscard]] simd::packed_right<T> pack(std::size_t n, std::size_t k, simd::strided_view<T> b) {
    return simd::pack_right<T>(n, k, b, scratch(simd::packed_right_size<T>(n, k)));
  }
  /// For ops: c (+)= a b on this tape's threads, see simd::gemm. b is a view or packed.
  template <class Right, class Epilogue = simd::no_epilogue>
  void product(std::size_t m, std::size_t n, std::size_t k, simd::strided_view<T> a, Right b, T* c, std::size_t c_row,
               bool add, Epilogue const& epilogue = {}) {
    simd::gemm<T>(m, n, k, a, b, c, c_row, add, workspaces_.back(), executor_, epilogue);
  }
  /// For ops: packing memory of one worker, for products inside a block of work.
  [[nodiscard]] simd::gemm_workspace<T>& workspace(std::size_t worker) noexcept { return workspaces_[worker]; }
  /// For ops: makes sure that no worker has to allocate, whichever it is that gets the work.
  void reserve_workspaces(std::size_t count) {
    for (auto& workspace : workspaces_) (void)workspace.reserve(count);
  }
  [[nodiscard]] executor_ref executor() const noexcept { return executor_; }
  /// Bytes of the arena.
  [[nodiscard]] std::size_t capacity() const noexcept { return arena_.capacity(); }

 private:
  struct step {
    void (*call)(step*);
    step* previous;
  };

  [[nodiscard]] variable<T> copy_of(matrix_cref<T> const& x, bool wants_gradient) {
    struct wish {
      bool wanted;
      [[nodiscard]] bool wants_gradient() const noexcept { return wanted; }
    };
    variable<T> const y = result(row_count(x), column_count(x), wish{wants_gradient});
    y.value() = x;
    return y;
  }

  parameters<T>* store_ = nullptr;
  bool recording_ = false;
  executor_ref executor_;
  std::vector<simd::gemm_workspace<T>> workspaces_;  ///< one per worker and one for the calling thread
  arena arena_;
  step* last_ = nullptr;
};

}  // namespace sidera::inline SIDERA_ABI
