// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the training benchmarks share: every implementation starts from the same numbers in the same folder, so
/// that the losses in the notes must agree.
#include <sidera/layers/concepts.hpp>
#include <sidera/optimizers/optimizer.hpp>

#include "data.hpp"
#include "python_peer.hpp"

namespace bench {

constexpr float learning_rate = 1e-3f;

/// Adam on one matrix, by hand.
class eigen_adam {
 public:
  void step(matrix& p, matrix const& g) {
    if (m_.size() == 0) m_ = matrix::Zero(p.rows(), p.cols()), s_ = m_;
    ++n_;
    float const c1 = 1 - std::pow(0.9f, n_), c2 = 1 - std::pow(0.999f, n_), root = 1 / std::sqrt(c2);
    m_.array() = 0.9f * m_.array() + 0.1f * g.array();
    s_.array() = 0.999f * s_.array() + 0.001f * g.array().square();
    p.array() -= learning_rate / c1 * m_.array() / (s_.array().sqrt() * root + 1e-8f);
  }

 private:
  matrix m_, s_;
  float n_ = 0;
};

/// Adds an implementation: one run is `steps` calls of the step, which returns the loss; the time is that of one.
template <class Step>
void add_steps(job& j, settings const& s, std::string name, bool peer, std::size_t steps, Step step) {
  auto const loss = std::make_shared<float>(0.0f);
  auto const kept = std::make_shared<Step>(std::move(step));
  j.implementations.push_back({std::move(name), peer,
                               [=, &s] {
                                 return milliseconds(s,
                                                     [&] {
                                                       for (std::size_t i = 0; i < steps; ++i) *loss = (*kept)();
                                                     }) /
                                        static_cast<double>(steps);
                               },
                               [=] { return "loss " + std::to_string(*loss); }});
}

/// Adds a peer of the program's own script; nothing without --python, and a line on stderr when it does not start.
inline void add_torch(job& j, settings const& s, std::string const& peer, std::shared_ptr<shared_folder> data,
                      std::size_t steps) {
  if (s.python.empty()) return;
  auto const child =
      std::make_shared<python_peer>(s, peer, s.coretype, std::move(data),
                                    std::vector<std::string>{std::to_string(steps)}, SIDERA_BENCH_TRAINING_PEERS);
  if (child->name().empty()) {
    std::fprintf(stderr, "%s: the Python peer %s did not start\n", j.name.c_str(), peer.c_str());
    return;
  }
  j.implementations.push_back(
      {child->name(), true, [child] { return child->run(); }, [child] { return child->note(); }});
}

/// All parameters of a store as files of the folder.
inline void put_parameters(shared_folder const& folder, sidera::parameters<float> const& store) {
  for (std::size_t p = 0; p < store.size(); ++p) folder.put(store.name({p}), matrix(store.value({p})));
}

/// A model, its optimiser and a tape; `Model::loss(tape)` records the loss of the whole batch.
template <class Model>
struct sidera_steps {
  Model model;
  sidera::optimizer<float, sidera::adam> adam{model.store, {.learning_rate = static_cast<double>(learning_rate)}};
  sidera::thread_pool pool;
  sidera::tape<float> t{model.store, pool};

  template <class... A>
  explicit sidera_steps(std::size_t threads, A const&... arguments) : model(arguments...), pool(threads) {}
  float operator()() {
    t.reset();
    auto const loss = model.loss(t);
    model.store.clear_gradients();
    t.backward(loss);
    adam.step(model.store, 1, pool);
    return loss.item();
  }
};

}  // namespace bench
