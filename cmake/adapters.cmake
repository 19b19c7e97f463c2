# Headers that need a package beyond sidera's own three. They stand in the tree but not in sidera.hpp.
set(sidera_adapters communicators/mpi.hpp communicators/mpi_meeting.hpp)
