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

/// What a folder of folders holds, by id: FOLDER/OWNER/NAME and FOLDER/models/OWNER/NAME are models,
/// FOLDER/datasets/OWNER/NAME and FOLDER/spaces/OWNER/NAME datasets and Spaces. Names that begin with a dot,
/// and files beside the folders, are skipped.
/// \throws NotADirectoryError; ValueError when nothing is there, for an invalid repo name, and for a model
/// that is there twice
std::vector<Seed> seeds_below(const std::filesystem::path& folder);

/// Makes the repos. One that exists from an earlier run (Options::data) stays as it is.
/// \returns the ids of the latter, after their type: "dataset acme/rows"
/// \throws what Emulator::seed_repo throws
std::vector<std::string> seed_missing(Emulator& hub, const std::vector<Seed>& seeds);

/// Runs until SIGTERM or SIGINT. The first line on stdout is one JSON object: endpoint, storage_endpoint,
/// inference_endpoints_url, user, token, and ca_file with TLS; nothing else is written there. Seeds
/// that are in the data folder already are named on stderr and stay as they are. Blocks both
/// signals in the calling thread: call it before other threads are started. \returns the exit status, 0 after
/// a signal
/// \throws OSError (data folder), boost::system::system_error (a port that is taken), and what
/// Emulator::seed_repo throws
int run_program(const Options& options, const std::vector<Seed>& seeds = {});

} // namespace hfasync::emulator
