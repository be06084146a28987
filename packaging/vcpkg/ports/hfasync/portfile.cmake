# An overlay port: vcpkg install hfasync --overlay-ports=packaging/vcpkg/ports
# It builds the sources that it lies in; for a release, vcpkg_from_git or vcpkg_from_github with the tag takes the place of the first lines.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES program HFASYNC_BUILD_PROGRAM)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS ${features} -DHFASYNC_BUILD_TESTS=OFF -DHFASYNC_BUILD_EXAMPLES=OFF -DHFASYNC_BUILD_BENCH=OFF
            -DHFASYNC_INSTALL=ON -DHFASYNC_WARNINGS_AS_ERRORS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/hfasync)
vcpkg_fixup_pkgconfig()
if("program" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES hfasync AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE" "${SOURCE_PATH}/packaging/licences.md")
