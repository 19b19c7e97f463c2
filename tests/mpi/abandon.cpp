// SPDX-License-Identifier: MIT
/// \file  Rank 1 fails while the others hear nothing: they must be ended all the same.
#include <unistd.h>

#include <cstdio>
#include <sidera/communicators/mpi.hpp>

int main(int argc, char** argv) {
  sidera::mpi_session const session(argc, argv);
  auto const body = [](sidera::mpi_communicator const& c) {
    if (c.rank() == 1) throw std::runtime_error("shard b.npy is gone");
    for (;;) ::pause();
  };
  sidera::run_mpi_ranks(MPI_COMM_WORLD, body,
                        [](std::string const& message) { std::fprintf(stderr, "%s\n", message.c_str()); });
}
