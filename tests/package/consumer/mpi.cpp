// SPDX-License-Identifier: MIT
// The component mpi: a rank of its own is enough to see that headers and library are found.
#include <sidera/communicators/mpi.hpp>

int main(int argc, char** argv) {
  sidera::mpi_session const session(argc, argv);
  std::int64_t ranks[] = {1};
  bool right = false;
  sidera::run_mpi_ranks(MPI_COMM_WORLD,
                        [&](sidera::mpi_communicator const& c) {
                          c.sum(ranks);
                          right = ranks[0] == static_cast<std::int64_t>(c.size());
                        },
                        {});
  return right ? 0 : 1;
}
