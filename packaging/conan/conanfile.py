"""Conan 2 recipe: conan create packaging/conan [-o "hfasync/*:system=True"]"""
import pathlib
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.system.package_manager import Apt


class Hfasync(ConanFile):
    name = "hfasync"
    license = "Apache-2.0"
    description = "An asynchronous Hugging Face Hub client for C++20"
    topics = ("huggingface", "http", "asio", "coroutines")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "program": [True, False],
        "system": [True, False],  # what it needs comes from the distribution in place of Conan's packages
    }
    default_options = {"shared": False, "fPIC": True, "program": True, "system": False}
    no_copy_source = True

    def set_version(self):
        header = pathlib.Path(self.recipe_folder, "../../include/hfasync/version.hpp")
        self.version = self.version or re.search(r'HFASYNC_VERSION "([\d.]+)"', header.read_text())[1]

    def export_sources(self):
        root = pathlib.Path(self.recipe_folder, "../..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "scripts/*", "packaging/licences.md"):
            copy(self, pattern, root, self.export_sources_folder)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.compiler == "gcc" and self.settings.compiler.version < "13":
            raise ConanInvalidConfiguration("GCC before 13 miscompiles coroutines; take clang 19")

    def requirements(self):
        if not self.options.system:
            self.requires("boost/1.81.0", transitive_headers=True, transitive_libs=True)
            self.requires("openssl/[>=3 <4]", transitive_headers=True)
            self.requires("fmt/9.1.0")
            self.requires("yaml-cpp/0.7.0")
            if self.options.program:
                self.requires("cli11/2.3.2")

    def system_requirements(self):
        if self.options.system:
            Apt(self).install(["libboost1.81-dev", "libboost-json1.81-dev", "libssl-dev", "libfmt-dev", "libyaml-cpp-dev",
                               "libcli11-dev"], check=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for what in ("TESTS", "EXAMPLES", "BENCH"):
            toolchain.cache_variables[f"HFASYNC_BUILD_{what}"] = False
        toolchain.cache_variables["HFASYNC_BUILD_PROGRAM"] = bool(self.options.program)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder, "licenses"))

    def package_info(self):
        # The package's own CMake files know the targets and what they need.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/hfasync"]
