# SPDX-License-Identifier: MIT
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.4"


class Sidera(ConanFile):
    name = "sidera"
    description = "Discrete codes from multimodal embeddings, and models that use them"
    license = "MIT"
    topics = ("vector-quantization", "semantic-ids", "embeddings", "multimodal", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_mpi": [True, False]}
    default_options = {"with_mpi": False}
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True
    test_package_folder = "tests/package/conan"

    def set_version(self):
        config = load(self, f"{self.recipe_folder}/include/sidera/core/config.hpp")
        self.version = re.search(r'SIDERA_VERSION_STRING "(.+)"', config).group(1)

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)
        self.requires("xsimd/[>=8.1 <15]", transitive_headers=True)
        if self.options.with_mpi:
            self.requires("openmpi/[>=4.1 <6]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        basic_layout(self)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, f"{self.package_folder}/licenses")
        copy(self, "*.hpp", f"{self.source_folder}/include", f"{self.package_folder}/include")

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "sidera")
        self.cpp_info.set_property("pkg_config_name", "sidera")
        if self.options.with_mpi:
            core = self.cpp_info.components["core"]
            core.requires = ["eigen::eigen", "xsimd::xsimd"]
            mpi = self.cpp_info.components["mpi"]
            mpi.requires = ["core", "openmpi::openmpi"]
            mpi.set_property("cmake_target_name", "sidera::mpi")
            mpi.defines = ["OMPI_SKIP_MPICXX", "MPICH_SKIP_MPICXX"]  # the C interface is all that is used
            mpi.includedirs = mpi.bindirs = mpi.libdirs = []
            self.cpp_info.set_property("cmake_target_name", "sidera::all")
        else:
            core = self.cpp_info
        core.set_property("cmake_target_name", "sidera::sidera")
        core.bindirs = core.libdirs = []
        if self.settings.get_safe("os") in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
