# SPDX-License-Identifier: MIT
import shlex
import subprocess

from conan import ConanFile


class SystemOpenMPI(ConanFile):
    """The Open MPI of the system, under the name that ConanCenter gives it."""

    name = "openmpi"
    package_type = "shared-library"

    def package_info(self):
        def shown(what):
            return shlex.split(subprocess.run(["mpicc", f"--showme:{what}"], capture_output=True, text=True, check=True).stdout)

        self.cpp_info.includedirs = shown("incdirs")
        self.cpp_info.libdirs = shown("libdirs")
        self.cpp_info.libs = shown("libs")
        self.cpp_info.bindirs = []
