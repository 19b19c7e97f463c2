// SPDX-License-Identifier: MIT
/// Counts allocations: this program replaces the global operator new.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <sidera/autodiff/ops/batched_matmul.hpp>
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/dropout.hpp>
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/layer_norm.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/rotation_trick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/variance.hpp>
#include <sidera/core/thread_pool.hpp>

namespace {

std::atomic<std::size_t> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* const p = alignment <= alignof(std::max_align_t)
                      ? std::malloc(size)
                      : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

/// A model that uses ops of every kind.
struct everything {
  sidera::parameters<float> store;
  sidera::parameter w1 = store.add("w1", 40, 24), b1 = store.add("b1", 1, 24), gain = store.add("gain", 1, 24),
                    shift = store.add("shift", 1, 24), w2 = store.add("w2", 48, 5), b2 = store.add("b2", 1, 5),
                    table = store.add_table("table", 30, 24);
  sidera::matrix<float> x = sidera::matrix<float>::Zero(60, 40);
  sidera::code_matrix ids = sidera::code_matrix::Zero(60, 3), classes = sidera::code_matrix::Constant(60, 1, 2);

  everything() {
    for (std::size_t i = 0; i < store.size(); ++i) {
      auto value = store.value({i});
      for (sidera::index_t j = 0; j < value.size(); ++j)
        value.data()[j] = static_cast<float>(0.3 * sidera::random_stream(4, i).normal(static_cast<std::uint64_t>(j)));
    }
    for (sidera::index_t i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<float>(sidera::random_stream(5).normal(static_cast<std::uint64_t>(i)));
    for (sidera::index_t i = 0; i < ids.size(); ++i) ids.data()[i] = static_cast<sidera::code_t>(i * i % 30);
  }

  float step(sidera::tape<float>& t, std::uint64_t count) {
    t.reset();
    store.clear_gradients();
    auto h = dense(t.refer(x), t[w1], t[b1], sidera::functions::gelu{});
    h = layer_norm(dropout(h, 0.1, sidera::random_stream(1), count), t[gain], t[shift]);
    auto const e = embedding_sum(t[table], ids);
    auto const attended = batched_matmul(softmax(scale(batched_matmul_nt(h, e, 6), 0.2)), e, 6);
    auto const logits = dense(concat_columns(attended, rotation_trick(h, e)), t[w2], t[b2]);
    auto const near = mean(squared_distances(max_over_time(h, {6, 10}), t[gain]));
    auto const spread = mean(variance_over_time(h, {6, 10}));
    t.backward({{-mean(pick(log_softmax(logits), classes)), 1.0f}, {near, 0.1f}, {spread, 0.1f}});
    return near.item();
  }
};

}  // namespace

void* operator new(std::size_t size) {
  return counted(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

TEST_CASE("a training step allocates nothing after the first one") {
  for (std::size_t const threads : {std::size_t{1}, std::size_t{3}}) {
    everything model;
    sidera::thread_pool pool(threads);
    sidera::tape<float> t(model.store, pool);
    (void)model.step(t, 0);
    std::size_t const before = allocations, bytes = t.capacity();
    for (std::uint64_t i = 1; i < 20; ++i) (void)model.step(t, i);
    CHECK(allocations.load() == before);
    CHECK(t.capacity() == bytes);
  }
}

TEST_CASE("training is the same for any number of threads, bit for bit") {
  std::vector<float> values[3];
  for (std::size_t run = 0; run < 3; ++run) {
    everything model;
    sidera::thread_pool pool(run == 0 ? 1 : 2 * run);
    sidera::tape<float> t(model.store, pool);
    for (std::uint64_t i = 0; i < 3; ++i) values[run].push_back(model.step(t, i));
    for (std::size_t p = 0; p < model.store.size(); ++p) {
      sidera::matrix<float> const g = model.store.gradient({p});
      values[run].insert(values[run].end(), g.data(), g.data() + g.size());
    }
  }
  CHECK(values[0] == values[1]);
  CHECK(values[0] == values[2]);
}
