# A compiler that miscompiles coroutines is refused with one sentence. The compiler is a stand-in that says it is
# GCC 12, so that the test needs none.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/build" -G Ninja
    -DCMAKE_CXX_COMPILER=/bin/true -DCMAKE_CXX_COMPILER_FORCED=ON -DCMAKE_CXX_COMPILER_WORKS=ON
    -DCMAKE_CXX_COMPILER_ID=GNU -DCMAKE_CXX_COMPILER_ID_RUN=ON -DCMAKE_CXX_COMPILER_VERSION=12.2.0
    -DCMAKE_CXX_STANDARD_COMPUTED_DEFAULT=17 -DCMAKE_CXX_EXTENSIONS_COMPUTED_DEFAULT=ON
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
string(REGEX REPLACE "[ \n]+" " " error "${error}")
if(result EQUAL 0)
    message(FATAL_ERROR "GCC 12 was accepted")
endif()
if(NOT error MATCHES "hfasync cannot be built with GCC 12.2.0: GCC before 13 destroys temporaries in co_await expressions twice")
    message(FATAL_ERROR "GCC 12 was refused without the reason: ${error}")
endif()
if(EXISTS "${WORK}/build/build.ninja")
    message(FATAL_ERROR "a build was made all the same")
endif()
