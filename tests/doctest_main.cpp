// SPDX-License-Identifier: MIT
// doctest's implementation. Both names are needed because the precompiled header has included its interface before.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
