# A room is a folder of src/ as an object library: a unit test of one room builds that room and those below it only.
include(GNUInstallDirs)
set_property(GLOBAL PROPERTY HFASYNC_ROOMS "")

function(hfasync_room name)
    cmake_parse_arguments(ROOM "" "" "DEPENDS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.cpp")
    add_library(hfasync_room_${name} OBJECT ${sources})
    target_include_directories(hfasync_room_${name}
        PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/src")
    target_link_libraries(hfasync_room_${name}
        PUBLIC Boost::headers Boost::json OpenSSL::SSL OpenSSL::Crypto fmt::fmt Threads::Threads
        PRIVATE hfasync_warnings)
    if(name STREQUAL "emulator")
        target_link_libraries(hfasync_room_emulator PUBLIC yaml-cpp)
    endif()
    set_target_properties(hfasync_room_${name} PROPERTIES CXX_VISIBILITY_PRESET default)
    hfasync_precompile(hfasync_room_${name} rooms)
    # Object libraries hand their objects only to who links them directly: keep the closure by hand.
    set(closure hfasync_room_${name})
    foreach(dep IN LISTS ROOM_DEPENDS)
        list(APPEND closure hfasync_room_${dep})
    endforeach()
    set_property(GLOBAL PROPERTY HFASYNC_CLOSURE_${name} ${closure})
    if(NOT name STREQUAL "emulator")
        set_property(GLOBAL APPEND PROPERTY HFASYNC_ROOMS ${name})
    endif()
endfunction()

# Links a target (a unit test, say) to a room and all that it stands on.
function(hfasync_link_rooms target)
    set(all "")
    foreach(room IN LISTS ARGN)
        get_property(closure GLOBAL PROPERTY HFASYNC_CLOSURE_${room})
        list(APPEND all ${closure})
    endforeach()
    list(REMOVE_DUPLICATES all)
    target_link_libraries(${target} PRIVATE ${all})
endfunction()

# hfasync_precompile(<target> <kind>): uses the precompiled headers of that kind (rooms, users, tests).
function(hfasync_precompile target kind)
    if(HFASYNC_PCH)
        target_precompile_headers(${target} REUSE_FROM hfasync_pch_${kind})
        get_target_property(options hfasync_pch_${kind} HFASYNC_PCH_OPTIONS)
        target_compile_options(${target} PRIVATE ${options})
    endif()
endfunction()

# hfasync_pch(<kind> LINK <library>... OPTIONS <option>... HEADERS <header>...)
function(hfasync_pch kind)
    cmake_parse_arguments(PCH "" "" "LINK;OPTIONS;HEADERS" ${ARGN})
    # Programs get -fPIE from CMake, a shared header is made with -fPIC; the last one counts.
    set(options -fPIC ${PCH_OPTIONS})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # Instantiated once, in the header, instead of in every file that uses it; and ccache needs a precompiled
        # header without a time stamp in it.
        list(APPEND options -fpch-instantiate-templates "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    # Configured, not written: its time must not change with every run of CMake.
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pch_${kind}.cpp" CONTENT "")
    add_library(hfasync_pch_${kind} OBJECT "${PROJECT_BINARY_DIR}/pch_${kind}.cpp")
    target_include_directories(hfasync_pch_${kind} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(hfasync_pch_${kind} PRIVATE Boost::headers Boost::json OpenSSL::SSL fmt::fmt Threads::Threads
                                                      hfasync_warnings ${PCH_LINK})
    target_compile_options(hfasync_pch_${kind} PRIVATE ${options})
    target_precompile_headers(hfasync_pch_${kind} PRIVATE ${PCH_HEADERS})
    set_target_properties(hfasync_pch_${kind} PROPERTIES HFASYNC_PCH_OPTIONS "${options}")
endfunction()

set(HFASYNC_PCH_COMMON "${CMAKE_CURRENT_LIST_DIR}/pch.hpp")
if(HFASYNC_PCH)
    hfasync_pch(rooms HEADERS "${HFASYNC_PCH_COMMON}")
    if(HFASYNC_BUILD_PROGRAM)
        hfasync_pch(users LINK CLI11::CLI11 HEADERS "${HFASYNC_PCH_COMMON}" "<hfasync/hfasync.hpp>" "<CLI/CLI.hpp>")
    elseif(HFASYNC_BUILD_EXAMPLES OR HFASYNC_BUILD_BENCH)
        hfasync_pch(users HEADERS "${HFASYNC_PCH_COMMON}" "<hfasync/hfasync.hpp>")
    endif()
endif()

function(hfasync_configure_library target)
    target_include_directories(${target} PUBLIC
        "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_link_libraries(${target} PUBLIC Boost::headers Boost::json Threads::Threads PRIVATE OpenSSL::SSL OpenSSL::Crypto fmt::fmt)
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()

function(hfasync_library)
    get_property(rooms GLOBAL PROPERTY HFASYNC_ROOMS)
    set(objects "")
    foreach(room IN LISTS rooms)
        list(APPEND objects $<TARGET_OBJECTS:hfasync_room_${room}>)
    endforeach()
    add_library(hfasync ${objects}) # static or shared by BUILD_SHARED_LIBS
    add_library(hfasync::hfasync ALIAS hfasync)
    hfasync_configure_library(hfasync)
    set_target_properties(hfasync PROPERTIES LINKER_LANGUAGE CXX)
endfunction()

function(hfasync_emulator_library)
    add_library(hfasync_emulator $<TARGET_OBJECTS:hfasync_room_emulator>)
    add_library(hfasync::emulator ALIAS hfasync_emulator)
    hfasync_configure_library(hfasync_emulator)
    target_link_libraries(hfasync_emulator PUBLIC hfasync PRIVATE yaml-cpp)
    set_target_properties(hfasync_emulator PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME emulator)
endfunction()
