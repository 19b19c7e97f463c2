// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the command line of a benchmark says, and the clock it asks for.
#include <dlfcn.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <sidera/core/config.hpp>
#include <string>
#include <vector>
#if defined(SIDERA_BENCH_FAISS)
#include <omp.h>
#endif

namespace bench {

struct settings {
  std::size_t rounds = 7, threads = 1, seed = 7;
  std::string json;               ///< file for the results
  std::vector<std::string> jobs;  ///< empty: all
  bool list = false;
  bool wall = false;   ///< wall clock instead of processor time
  std::string python;  ///< interpreter with faiss and scikit-learn; empty: no Python peers
  std::string coretype =
      std::string(SIDERA_INSTRUCTION_SET).starts_with("avx512") ? "SkylakeX" : "Haswell";  ///< of the tuned OpenBLAS
};

inline void add_options(CLI::App& app, settings& s) {
  app.add_option("--job", s.jobs, "Only this job (may be repeated)");
  app.add_flag("--list", s.list, "Print the names of the jobs");
  app.add_option("--json", s.json, "Write the results to this file");
  app.add_option("--rounds", s.rounds, "Rounds; in each, every implementation runs once")->check(CLI::PositiveNumber);
  app.add_option("--threads", s.threads, "Threads; more than one implies --wall")->check(CLI::PositiveNumber);
  app.add_flag("--wall", s.wall, "Wall clock. The default, processor time, is the same on a machine of one's own");
  app.add_option("--seed", s.seed, "Seed of the data");
  app.add_option("--python", s.python, "A Python with faiss-cpu, scikit-learn and numpy, for further peers");
  app.add_option("--coretype", s.coretype, "OPENBLAS_CORETYPE of the Python peers called \"tuned\"");
}

/// Tells every library in this process how many threads it may use.
inline void use_threads([[maybe_unused]] std::size_t threads) {
#if defined(SIDERA_BENCH_FAISS)
  omp_set_num_threads(static_cast<int>(threads));
#endif
  // There only when the BLAS that faiss was linked with is OpenBLAS.
  if (void* const f = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
    reinterpret_cast<void (*)(int)>(f)(static_cast<int>(threads));
}

/// The OpenBLAS kernels that C++ peers run on ("Haswell", "Prescott", ...).
inline std::string blas_core() {
  if (void* const f = dlsym(RTLD_DEFAULT, "openblas_get_corename")) return reinterpret_cast<char* (*)()>(f)();
  return "not OpenBLAS";
}

/// Milliseconds that `work` takes.
template <class Work>
double milliseconds(settings const& s, Work&& work) {
  auto const now = [&] {
    if (s.wall) return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  double const start = now();
  work();
  return 1e3 * (now() - start);
}

}  // namespace bench
