# Sourced by ./quickstart and ./run_tests in the project's folder: installs what is missing on Debian and Ubuntu, then
# runs a workflow of CMakePresets.json. A CMake user needs no script:  cmake --workflow --preset quickstart  (or test)
set -eu

packages="g++ cmake ninja-build libeigen3-dev libxsimd-dev doctest-dev libcli11-dev"
needs="sidera needs a C++20 compiler (g++ 12, clang 14 or newer), CMake 3.22 or newer, Ninja, and the libraries
Eigen 3.4 or newer, xsimd 8.1 or newer, doctest and CLI11. To install them:
  Debian 12, Ubuntu 24.04 or newer:  apt-get install $packages
  Fedora:                            dnf install gcc-c++ cmake ninja-build eigen3-devel xsimd-devel doctest-devel cli11-devel
  Arch Linux:                        pacman -S gcc cmake ninja eigen xsimd doctest cli11
  macOS (Homebrew):                  brew install cmake ninja eigen xsimd doctest cli11"

stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

# install_missing PACKAGE...: does nothing, and asks no server, when every package is there.
install_missing() {
  missing=""
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "Missing:$missing" "As root:  apt-get install$missing"
    as_root=sudo
  fi
  echo "Installing$missing"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null
}

# The steps of the presets for CMake 3.22 to 3.24, which cannot read them.
without_presets() {
  build="build/$1"
  case $1 in
    quickstart)
      cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSIDERA_BUILD_TESTS=OFF &&
        cmake --build "$build" --target quickstart ;;
    test)
      cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-Og -DNDEBUG" \
            -DCMAKE_UNITY_BUILD=ON &&
        cmake --build "$build" &&
        ctest --test-dir "$build" --output-on-failure -j 2 ;;
  esac
}

run_workflow() {
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_missing $packages
  else
    for tool in cmake ninja; do
      command -v "$tool" >/dev/null || stop "$tool is missing." "$needs"
    done
  fi
  if cmake --workflow --list-presets >/dev/null 2>&1; then
    cmake --workflow --preset "$1"
  else
    without_presets "$1"
  fi || stop "" "The workflow \"$1\" failed. Was a package not found?" "$needs"
}
