// SPDX-License-Identifier: MIT
#include "run_probe.hpp"

probe probe_baseline() {
  return run_probe();
}
