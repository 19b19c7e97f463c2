// SPDX-License-Identifier: MIT
/// \file  semantic_ids on the ranks of an MPI job, with the same options and the same codes. The rows of a view are
/// those of the files that its pattern names, shared out among the ranks; or, with {rank} in the pattern, each rank has
/// files of its own, as many rows as it likes or none. Every rank writes the IDs of its rows.
#include <CLI/CLI.hpp>
#include <sidera/communicators/mpi.hpp>

#include "semantic_ids/command_line.hpp"
#include "semantic_ids/stream_job.hpp"

namespace {

void run(sidera::mpi_communicator const& ranks, int argc, char** argv) {
  auto const s = program::read_command_line(
      argc, argv, "semantic_ids for mpirun: embeddings in, semantic IDs out, on many machines.",
      [](program::settings& given, auto const&) {
        if (given.memory.empty()) given.memory = "1G";  // of each rank
        if (given.threads == 0) given.threads = 1;      // ranks may share a machine
      });
  if (!s) return;
  program::stream_job job(*s, ranks);
  auto const result = job.run();
  if (ranks.rank() == 0) program::write_figures(result);
}

void tell(std::string const& message) {
  std::fprintf(stderr, "semantic_ids_mpi: %s\n", message.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  sidera::mpi_session const session(argc, argv);
  bool is_first = true;
  try {
    sidera::run_mpi_ranks(
        MPI_COMM_WORLD,
        [&](sidera::mpi_communicator const& ranks) {
          is_first = ranks.rank() == 0;
          run(ranks, argc, argv);
        },
        tell);
  } catch (std::exception const& problem) {  // all ranks know it; one tells
    if (is_first) tell(problem.what());
    return 2;
  }
} catch (std::exception const& problem) {
  tell(problem.what());
  return 2;
}
