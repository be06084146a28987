# GCC before 13 destroys aggregate temporaries inside a co_await expression twice; the documented call style
# (`co_await api.f({.a = ...})`) would corrupt memory there, so it is refused rather than miscompiled.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR
        "hfasync cannot be built with GCC ${CMAKE_CXX_COMPILER_VERSION}: GCC before 13 destroys temporaries in "
        "co_await expressions twice (memory corruption); use clang++-19, e.g. cmake --preset release.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
    message(FATAL_ERROR
        "hfasync cannot be built with Clang ${CMAKE_CXX_COMPILER_VERSION}: it is written for and tested with Clang 19; "
        "use clang++-19, e.g. cmake --preset release.")
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
    endif()
endif()
find_program(HFASYNC_CCACHE ccache)
if(HFASYNC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # The sloppiness is what ccache documents for precompiled headers.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${HFASYNC_CCACHE}")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    find_program(HFASYNC_LLD NAMES ld.lld-19 ld.lld)
    if(HFASYNC_LLD)
        add_link_options("--ld-path=${HFASYNC_LLD}")
    endif()
endif()
