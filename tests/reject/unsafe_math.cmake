# Flags that break IEEE arithmetic are refused where the compiler tells of them; the usual ones are not.
# Usage: cmake -DCOMPILER=<c++> -DGNU=<whether it is g++> -DINCLUDE=<include folder> -P unsafe_math.cmake
cmake_minimum_required(VERSION 3.22)
function(expect result)
  execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only -x c++ ${ARGN} ${INCLUDE}/sidera/core/config.hpp
                  RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE message)
  if(result STREQUAL "accepted" AND NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}: refused\n${message}")
  elseif(result STREQUAL "refused" AND NOT message MATCHES "error: .*sidera relies on IEEE arithmetic")
    message(FATAL_ERROR "${ARGN}: not refused\n${message}")
  endif()
endfunction()

expect(accepted -O3)
expect(accepted -fno-math-errno -fno-trapping-math)
expect(refused -ffast-math)
expect(refused -Ofast)
expect(refused -ffinite-math-only)
if(GNU)
  expect(refused -fassociative-math -fno-signed-zeros -fno-trapping-math)
  expect(refused -freciprocal-math)
  expect(refused -funsafe-math-optimizations)
endif()
