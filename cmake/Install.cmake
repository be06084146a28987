# The libraries, the public headers, the CMake package and the pkg-config file. Rooms are objects inside the
# libraries and are not exported.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/hfasync")
# Two components, the packages of Package.cmake: what programs are built with, and the program.
install(TARGETS hfasync hfasync_emulator EXPORT hfasyncTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/hfasync" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(EXPORT hfasyncTargets NAMESPACE hfasync:: DESTINATION "${_package_dir}" COMPONENT development)

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/hfasyncConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/hfasyncConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
# 0.x: a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hfasyncConfigVersion.cmake"
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/hfasyncConfig.cmake" "${PROJECT_BINARY_DIR}/hfasyncConfigVersion.cmake"
    DESTINATION "${_package_dir}" COMPONENT development)

# The file finds its prefix from where it lies, so that an installed tree may be moved.
file(RELATIVE_PATH HFASYNC_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${CMAKE_CURRENT_LIST_DIR}/hfasync.pc.in" "${PROJECT_BINARY_DIR}/hfasync.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hfasync.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    COMPONENT development)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/packaging/licences.md"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)

if(HFASYNC_BUILD_PROGRAM)
    get_property(_programs DIRECTORY "${PROJECT_SOURCE_DIR}/src/cli" PROPERTY BUILDSYSTEM_TARGETS)
    foreach(_program IN LISTS _programs)
        get_target_property(_type ${_program} TYPE)
        if(_type STREQUAL "EXECUTABLE")
            set_target_properties(${_program} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
            install(TARGETS ${_program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
        endif()
    endforeach()
endif()

if(PROJECT_IS_TOP_LEVEL)
    include(Package)
endif()
