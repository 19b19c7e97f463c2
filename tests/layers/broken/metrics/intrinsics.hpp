#include <immintrin.h>
#include <sidera/core/x.hpp>
