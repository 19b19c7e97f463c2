#!/bin/sh
# pkg_config.sh COMPILER PROGRAM: builds consumer/small.cpp with the flags of the pkg-config file, and runs it.
set -eux
"$1" -std=c++20 "$(dirname "$0")/consumer/small.cpp" -o "$2" $(pkg-config --cflags --libs sidera)
"$2"
