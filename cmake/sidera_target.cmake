# The interface target. Debian 12's xsimd target names a library `xtl` that does not exist: only its include directory
# is used. No flag is forced on a consumer but C++20.
add_library(sidera INTERFACE)
add_library(sidera::sidera ALIAS sidera)
target_compile_features(sidera INTERFACE cxx_std_20)
target_include_directories(sidera INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
get_target_property(xsimd_include_dirs xsimd INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(sidera SYSTEM INTERFACE $<BUILD_INTERFACE:${xsimd_include_dirs}>)
target_link_libraries(sidera INTERFACE Eigen3::Eigen Threads::Threads)
