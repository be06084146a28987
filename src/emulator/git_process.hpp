// The server side of the git program (git-http-backend, a CGI program) as a child process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "emulator/router.hpp"

namespace hfasync::emulator {

/// An open file without a name.
struct Spool {
    detail::Fd file;
    std::uint64_t size = 0;
};
/// \throws OSError
Spool make_spool(const std::filesystem::path& folder);

struct GitRequest {
    std::filesystem::path repo; ///< a bare git repository
    std::string service;        ///< what follows the repo in the URL: "info/refs"
    Spool body;
};

/// What the program answers. It reads and writes files, runs in a process group of its own, and is killed
/// when the client goes away, after ten minutes, and with the Hub. No more than four run at a time.
/// \throws Refusal 501 when there is no git program, 500 when it has failed; Disconnected
boost::asio::awaitable<Reply> run_git(Call& call, GitRequest request);

} // namespace hfasync::emulator
