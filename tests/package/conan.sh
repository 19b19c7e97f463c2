#!/bin/sh
# conan.sh CONAN HOME home|create|editable|with_mpi|refuses_cxx17: one test of the recipe, with Conan's home in the build folder
# and no remote but the recipes next to this file, which wrap the libraries of the system.
set -eu
conan=$1
export CONAN_HOME="$2"
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
version=$(sed -n 's/#define SIDERA_VERSION_STRING "\(.*\)"/\1/p' "$root/include/sidera/core/config.hpp")
settings="-c tools.cmake.cmake_layout:test_folder=$CONAN_HOME/test_package -r local --build=missing"

case $3 in
  home)
    rm -rf "$CONAN_HOME"
    "$conan" profile detect
    "$conan" remote remove conancenter
    "$conan" remote add local "$here/local-recipes-index" ;;
  create)
    "$conan" create "$root" $settings -s compiler.cppstd=20 ;;
  with_mpi)
    "$conan" create "$root" $settings -s compiler.cppstd=20 -o 'sidera/*:with_mpi=True' ;;
  editable)
    "$conan" editable add "$root"
    trap '"$conan" editable remove "$root"' EXIT
    "$conan" test "$here/conan" "sidera/$version" $settings -s compiler.cppstd=20 ;;
  refuses_cxx17)
    if message=$("$conan" create "$root" $settings -s compiler.cppstd=17 2>&1); then
      echo "C++17 was accepted"; exit 1
    fi
    echo "$message" | grep "C++ standard" ;;
esac
