// SPDX-License-Identifier: MIT
// One epoch of MCCA on PSRQ codes.
#include "mcca_epoch.hpp"

int main(int argc, char** argv) {
  return bench::run(argc, argv, "One epoch of training a ranker", {{"mcca_epoch", bench::mcca_epoch}});
}
