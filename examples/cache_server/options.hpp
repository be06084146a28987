// What the cache server is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <hfasync/hub.hpp>

namespace cache_server {

using Clock = std::chrono::system_clock;

struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8090; ///< 0: any free one
    std::filesystem::path folder;
    std::uint64_t max_bytes = 50'000'000'000; ///< of files and answers on the disk
    std::chrono::seconds branch_ttl{60};      ///< how long a branch or tag is taken to be where it was seen
    std::chrono::seconds access_ttl{60};      ///< how long the upstream's yes to a token counts
    std::chrono::seconds public_ttl{86'400};  ///< how long a public repo is taken to be public
    std::chrono::seconds down_for{5};         ///< an upstream that failed is not asked when there is a copy
    std::uint64_t whole_below = 16u << 20;    ///< a part of a smaller cold file fetches all of it
    std::size_t background_transfers = 4;     ///< larger ones that parts asked for begin, at a time
    std::chrono::milliseconds answer_wait{20'000}; ///< for the next bytes of the upstream's answer to /api/
    std::uint64_t answer_bytes = 256u << 20;       ///< of such answers in memory at a time
    std::chrono::seconds idle{60};                 ///< longest wait for a client
    std::chrono::seconds grace{10};                ///< what a stop leaves to answers that are under way
    std::size_t max_connections = 1024;
    std::string public_url;                   ///< how clients reach the server; default: the Host they name
    hfasync::HubOptions upstream;             ///< its tokens are not used
    std::function<Clock::time_point()> clock; ///< null: the system's

    Clock::time_point now() const { return clock ? clock() : Clock::now(); }
};

} // namespace cache_server
