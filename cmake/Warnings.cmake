add_library(hfasync_warnings INTERFACE)
target_compile_options(hfasync_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wnull-dereference
    -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # `{.x = ...}` with the rest defaulted is the documented call style.
    target_compile_options(hfasync_warnings INTERFACE -Wno-missing-designated-field-initializers)
else()
    target_compile_options(hfasync_warnings INTERFACE -Wno-missing-field-initializers)
endif()
if(HFASYNC_WARNINGS_AS_ERRORS)
    target_compile_options(hfasync_warnings INTERFACE -Werror)
endif()
