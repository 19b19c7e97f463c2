// SPDX-License-Identifier: MIT
/// \file  What it costs the ranks to add up the statistics of a pass: threads of this process, or, under mpirun, the
/// processes of the job.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sidera/codebooks/pass_summary.hpp>
#include <sidera/communicators/threads.hpp>
#ifdef SIDERA_BENCH_MPI
#include <sidera/communicators/mpi.hpp>
#endif

namespace {

struct settings {
  std::vector<std::size_t> ranks = {1, 2, 4};
  std::size_t words = 256, columns = 128, rounds = 200;
  bool mpi = false;
};

/// Seconds of one sum, the median over the rounds.
template <sidera::Communicator C>
double seconds_per_sum(C const& c, settings const& s, std::size_t integers) {
  std::vector<std::int64_t> values(integers, 1);
  std::vector<double> seconds;
  for (std::size_t round = 0; round < s.rounds; ++round) {
    std::fill(values.begin(), values.end(), 1);
    std::int64_t together[] = {0};
    c.sum(together);
    auto const start = std::chrono::steady_clock::now();
    c.sum(values);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (values.back() != static_cast<std::int64_t>(c.size())) throw std::runtime_error("a wrong sum");
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
  return seconds[seconds.size() / 2];
}

void print(char const* what, std::size_t ranks, std::size_t integers, double seconds) {
  std::printf("| %s | %zu | %.0f | %.3f |\n", what, ranks, static_cast<double>(integers * 8) / 1024, seconds * 1e3);
}

void measure(settings const& s, int argc, char** argv) {
  std::vector<double> const largest(s.columns, 1.0);
  std::size_t const all =
      sidera::pass_summary<float>(s.words, sidera::column_scales(largest, 1'000'000)).integers().size();
  auto const head = [] { std::printf("| ranks are | ranks | KiB each | ms |\n|---|--:|--:|--:|\n"); };
#ifdef SIDERA_BENCH_MPI
  if (s.mpi) {
    sidera::mpi_session const session(argc, argv);
    sidera::run_mpi_ranks(
        MPI_COMM_WORLD,
        [&](sidera::mpi_communicator const& c) {
          if (c.rank() == 0) head();
          for (std::size_t const integers : {std::size_t{1}, all}) {
            double const seconds = seconds_per_sum(c, s, integers);
            if (c.rank() == 0) print("processes", c.size(), integers, seconds);
          }
        },
        [](std::string const& message) { std::fprintf(stderr, "bench_all_reduce: %s\n", message.c_str()); });
    return;
  }
#endif
  if (s.mpi) throw std::runtime_error("built without an MPI library");
  static_cast<void>(argc), static_cast<void>(argv);
  head();
  for (std::size_t const ranks : s.ranks)
    sidera::run_ranks(ranks, [&](sidera::thread_communicator const& c) {
      for (std::size_t const integers : {std::size_t{1}, all}) {
        double const seconds = seconds_per_sum(c, s, integers);
        if (c.rank() == 0) print("threads", c.size(), integers, seconds);
      }
    });
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  CLI::App app("The cost of adding up the statistics of a pass over the ranks");
  app.add_option("--ranks", s.ranks, "numbers of threads")->delimiter(',')->capture_default_str();
  app.add_option("--words", s.words)->capture_default_str();
  app.add_option("--columns", s.columns, "of what is searched: twice those of the rows with PSRQ")
      ->capture_default_str();
  app.add_option("--rounds", s.rounds)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--mpi", s.mpi, "the ranks are the processes of mpirun");
  CLI11_PARSE(app, argc, argv);
  measure(s, argc, argv);
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_all_reduce: %s\n", e.what());
  return 2;
}
