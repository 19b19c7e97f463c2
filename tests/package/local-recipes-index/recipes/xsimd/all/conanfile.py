# SPDX-License-Identifier: MIT
from conan import ConanFile


class SystemXsimd(ConanFile):
    """The xsimd of the system, under the name and the targets that ConanCenter gives it."""

    name = "xsimd"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.includedirs = ["/usr/include"]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "xsimd")
        self.cpp_info.set_property("cmake_target_name", "xsimd")
        self.cpp_info.set_property("pkg_config_name", "xsimd")
