# Headers, the CMake package, the pkg-config file, and the target `amalgamate`.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/sidera)

install(DIRECTORY include/sidera DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(TARGETS sidera EXPORT sidera)
install(EXPORT sidera FILE sideraTargets.cmake NAMESPACE sidera:: DESTINATION ${package_dir})
configure_package_config_file(cmake/sideraConfig.cmake.in sideraConfig.cmake INSTALL_DESTINATION ${package_dir})
# Until 1.0 a minor version may change what a program sees.
write_basic_package_version_file(sideraConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sideraConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/sideraConfigVersion.cmake
        DESTINATION ${package_dir})

configure_file(cmake/sidera.pc.in sidera.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sidera.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# One header with the whole library: an artefact to hand on, never a source.
set(amalgamated ${CMAKE_CURRENT_BINARY_DIR}/amalgamated/sidera/sidera.hpp)
add_custom_target(amalgamate
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${amalgamated} -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/amalgamate.cmake
  COMMENT "Writing ${amalgamated}")
