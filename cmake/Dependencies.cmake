set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED) # the embedded Hub reads model cards
if(HFASYNC_BUILD_PROGRAM)
    find_package(CLI11 2.1 REQUIRED)
endif()
