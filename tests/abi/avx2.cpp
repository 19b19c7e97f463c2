// SPDX-License-Identifier: MIT
#include "run_probe.hpp"

probe probe_avx2() {
  return run_probe();
}
