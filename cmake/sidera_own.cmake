# Flags of sidera's own programs: never part of the interface target.
add_library(sidera_own INTERFACE)
target_link_libraries(sidera_own INTERFACE sidera::sidera)
target_compile_options(sidera_own INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wdouble-promotion -Werror)
if(NOT CMAKE_UNITY_BUILD)  # files that are compiled as one would shadow each other's names
  target_compile_options(sidera_own INTERFACE -Wshadow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 about std::string and std::vector (PR 105329, PR 105651) and, on AVX-512 machines, about its own
  # intrinsics, which Eigen and xsimd call (PR 105593).
  target_compile_options(sidera_own INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
if(SIDERA_ARCH)
  target_compile_options(sidera_own INTERFACE -march=${SIDERA_ARCH})
endif()
if(SIDERA_SANITIZE)
  set(sanitize -fsanitize=${SIDERA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(sidera_own INTERFACE ${sanitize})
  target_link_options(sidera_own INTERFACE ${sanitize})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)  # -std=c++20, not gnu++20
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()
