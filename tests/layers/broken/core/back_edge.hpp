#include <sidera/metrics/back_edge.hpp>
