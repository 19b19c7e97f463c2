#include <xsimd/xsimd.hpp>
#include <sidera/core/x.hpp>
