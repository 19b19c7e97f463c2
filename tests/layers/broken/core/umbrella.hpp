#include <sidera/sidera.hpp>
