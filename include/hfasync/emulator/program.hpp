// The embedded Hub as a program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

namespace hfasync::emulator {

/// A folder that becomes a repo before the first request.
struct Seed {
    std::filesystem::path folder;
    std::string repo_id; ///< empty: "OWNER/NAME" of the first organisation (or user) and the folder's name
    RepoType type = RepoType::model;
};

/// Runs until SIGTERM or SIGINT. The first line on stdout is one JSON object: endpoint, storage_endpoint,
/// inference_endpoints_url, user, token, and ca_file with TLS; nothing else is written there. Blocks both
/// signals in the calling thread: call it before other threads are started. \returns the exit status, 0 after
/// a signal
/// \throws OSError (data folder), boost::system::system_error (a port that is taken)
int run_program(const Options& options, const std::vector<Seed>& seeds = {});

} // namespace hfasync::emulator
