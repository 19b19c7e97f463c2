// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <Eigen/Core>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>
#include <xsimd/xsimd.hpp>
