#include <sidera/core/x.hpp>
#include <xsimd/xsimd.hpp>
