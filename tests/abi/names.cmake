# Every instruction set has a name of its own in front of the symbols, so that a linker cannot put one's code in place of
# another's. Usage: cmake -DCOMPILER=<c++> -DINCLUDE=<include folder> -P names.cmake
cmake_minimum_required(VERSION 3.25)
set(sets "-march=x86-64" "-msse4.1" "-mavx" "-mavx2" "-mavx2 -mfma" "-mavx512f -mfma"
    "-mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma" "-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma"
    "-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mamx-tile -mamx-int8")
set(names)
foreach(set IN LISTS sets)
  separate_arguments(flags UNIX_COMMAND "${set}")
  execute_process(COMMAND ${COMPILER} -std=c++20 -march=x86-64 ${flags} -w -dM -E -x c++ ${INCLUDE}/sidera/core/config.hpp
                  OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "#define SIDERA_ABI ([a-z0-9_]+)" found "${macros}")
  if(CMAKE_MATCH_1 STREQUAL "" OR CMAKE_MATCH_1 IN_LIST names)
    message(FATAL_ERROR "${set}: the name '${CMAKE_MATCH_1}' is no name, or that of another set: ${names}")
  endif()
  list(APPEND names "${CMAKE_MATCH_1}")
endforeach()
