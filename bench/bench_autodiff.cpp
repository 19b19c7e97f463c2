// SPDX-License-Identifier: MIT
// One step of training - forward, backward, Adam - of a network, an attention ranker and a recurrent layer.
#include <sidera/core/thread_pool.hpp>

#include "ctr_step.hpp"
#include "gru_step.hpp"
#include "mlp_step.hpp"

int main(int argc, char** argv) {
  return bench::run(argc, argv, "One training step: forward, backward and Adam",
                    {{"mlp_step", bench::mlp_step}, {"ctr_step", bench::ctr_step}, {"gru_step", bench::gru_step}});
}
