# SPDX-License-Identifier: MIT
from conan import ConanFile


class SystemEigen(ConanFile):
    """The Eigen of the system, under the name and the targets that ConanCenter gives it."""

    name = "eigen"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.includedirs = ["/usr/include/eigen3"]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "Eigen3")
        self.cpp_info.set_property("cmake_target_name", "Eigen3::Eigen")
        self.cpp_info.set_property("pkg_config_name", "eigen3")
