// SPDX-License-Identifier: MIT
// One step of training of DCID on the digits, beside its twin in PyTorch.
#include <sidera/core/thread_pool.hpp>

#include "dcid_step.hpp"

int main(int argc, char** argv) {
  return bench::run(argc, argv, "One training step of DCID on two views of the digits",
                    {{"dcid_step", bench::dcid_step}});
}
