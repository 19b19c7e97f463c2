# The interface target. Consumers get C++20, include directories and threads: never a flag.
add_library(sidera INTERFACE)
add_library(sidera::sidera ALIAS sidera)
target_compile_features(sidera INTERFACE cxx_std_20)
target_include_directories(sidera INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(sidera INTERFACE Eigen3::Eigen Threads::Threads)
# Not linked: Debian 12's xsimd target names a library `xtl` that does not exist. Its include directories are all there is:
# those of this build, or those of the xsimd that the installed package finds.
get_target_property(xsimd_include_dirs xsimd INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(sidera SYSTEM INTERFACE
  "$<BUILD_INTERFACE:${xsimd_include_dirs}>" $<INSTALL_INTERFACE:$<TARGET_PROPERTY:xsimd,INTERFACE_INCLUDE_DIRECTORIES>>)

if(SIDERA_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)  # the C interface is all that is used
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    add_library(sidera_mpi INTERFACE)
    add_library(sidera::mpi ALIAS sidera_mpi)
    target_link_libraries(sidera_mpi INTERFACE sidera MPI::MPI_CXX)
  else()
    message(STATUS "No MPI library found (Debian: libopenmpi-dev): there is no target sidera::mpi")
  endif()
endif()
