# Writes include/sidera/sidera.hpp from the tree.                         cmake -P cmake/update_umbrella.cmake
# Only compares, and fails when they differ:                              cmake -DCHECK=ON -P cmake/update_umbrella.cmake
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/adapters.cmake)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/../include/sidera ABSOLUTE)

file(GLOB_RECURSE headers RELATIVE ${root} ${root}/*/*.hpp)
list(REMOVE_ITEM headers ${sidera_adapters})
list(SORT headers)
set(text [[
// SPDX-License-Identifier: MIT
#pragma once
/// \file  Everything but the adapters that need further packages. Written by cmake/update_umbrella.cmake.
]])
foreach(header IN LISTS headers)
  string(APPEND text "#include <sidera/${header}>\n")
endforeach()

set(umbrella ${root}/sidera.hpp)
if(NOT CHECK)
  file(WRITE ${umbrella} "${text}")
  return()
endif()
file(READ ${umbrella} written)
if(NOT written STREQUAL text)
  message(FATAL_ERROR "include/sidera/sidera.hpp does not list the tree: run  cmake -P cmake/update_umbrella.cmake")
endif()
