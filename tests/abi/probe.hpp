// SPDX-License-Identifier: MIT
#pragma once
/// \file  What one unit of the program finds out about the code it runs.
#include <cstddef>
#include <string>
#include <vector>

struct probe {
  std::string instruction_set;  ///< what the unit was compiled for
  std::size_t register_bytes;   ///< of the registers that the library's reduction really used
  std::vector<int> codes;       ///< of a search, which must not depend on the instruction set
};

probe probe_baseline();
probe probe_avx2();
