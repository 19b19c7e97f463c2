// SPDX-License-Identifier: MIT
#include <cstdio>

#include "probe.hpp"

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2");
    return 77;
  }
  probe const baseline = probe_baseline(), avx2 = probe_avx2();
  std::printf("%s: registers of %zu bytes\n%s: registers of %zu bytes\n", baseline.instruction_set.c_str(),
              baseline.register_bytes, avx2.instruction_set.c_str(), avx2.register_bytes);

  bool const own_code = baseline.instruction_set == "baseline" && baseline.register_bytes == 16 &&
                        avx2.instruction_set == "avx2" && avx2.register_bytes == 32;
  bool const same_codes = baseline.codes == avx2.codes;
  if (!own_code) std::puts("a unit ran code that was built for the other one");
  if (!same_codes) std::puts("codes depend on the instruction set");
  return own_code && same_codes ? 0 : 1;
}
