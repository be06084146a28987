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
    hfasync_precompile(hfasync_room_${name})
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

function(hfasync_precompile target)
    if(HFASYNC_PCH)
        if(TARGET hfasync_pch)
            target_precompile_headers(${target} REUSE_FROM hfasync_pch)
            # Programs get -fPIE from CMake, the shared header was made with -fPIC; the last one counts.
            target_compile_options(${target} PRIVATE -fPIC)
        endif()
    endif()
endfunction()

if(HFASYNC_PCH)
    # Configured, not written: its time must not change with every run of CMake.
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pch.cpp" CONTENT "")
    add_library(hfasync_pch OBJECT "${PROJECT_BINARY_DIR}/pch.cpp")
    target_link_libraries(hfasync_pch PUBLIC Boost::headers Boost::json OpenSSL::SSL fmt::fmt Threads::Threads
                                      PRIVATE hfasync_warnings)
    target_precompile_headers(hfasync_pch PRIVATE "${CMAKE_CURRENT_LIST_DIR}/pch.hpp")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # ccache needs a precompiled header without a time stamp in it.
        target_compile_options(hfasync_pch PUBLIC "SHELL:-Xclang -fno-pch-timestamp")
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
