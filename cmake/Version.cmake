# The one place of the version is include/hfasync/version.hpp.
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../include/hfasync/version.hpp" HFASYNC_VERSION REGEX "define HFASYNC_VERSION ")
string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" HFASYNC_VERSION "${HFASYNC_VERSION}")
