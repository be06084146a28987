#include <hfasync/emulator/program.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>
#include <pthread.h>

#include <hfasync/error.hpp>

#include "emulator/json_text.hpp"

namespace hfasync::emulator {

namespace {

std::string default_repo_id(const Emulator& hub, const Options& options, const std::filesystem::path& folder)
{
    std::string owner = hub.user();
    if (options.accounts.empty()) owner = "acme"; // the organisation of the built-in user
    for (const auto& account : options.accounts)
        if (!account.memberships.empty() && account.name == hub.user())
            owner = account.memberships.front().organization;
    auto name = std::filesystem::absolute(folder).lexically_normal();
    if (!name.has_filename()) name = name.parent_path();
    return owner + "/" + name.filename().string();
}

namespace fs = std::filesystem;

/// Sorted by name, without those that begin with a dot.
std::vector<fs::path> folders_in(const fs::path& folder)
{
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_directory() && !entry.path().filename().string().starts_with('.'))
            out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

void add_seeds(std::vector<Seed>& seeds, const fs::path& owner, RepoType type)
{
    for (const auto& folder : folders_in(owner)) {
        auto id = owner.filename().string() + "/" + folder.filename().string();
        try {
            validate_repo_id(id);
        } catch (const ValueError& bad) {
            throw ValueError(fmt::format("{} cannot become a repo: {} Rename the folder.", folder.string(),
                                         bad.message()));
        }
        const auto is_same = [&](const Seed& seed) { return seed.type == type && seed.repo_id == id; };
        if (const auto twice = std::find_if(seeds.begin(), seeds.end(), is_same); twice != seeds.end())
            throw ValueError(fmt::format("{} and {} would both become the {} {}.", twice->folder.string(),
                                         folder.string(), to_string(type), id));
        seeds.push_back({.folder = folder, .repo_id = std::move(id), .type = type});
    }
}

std::string first_line(const Emulator& hub)
{
    JsonText out;
    out.open('{')
        .key("endpoint")
        .string(hub.endpoint())
        .key("storage_endpoint")
        .string(hub.storage_endpoint());
    out.key("inference_endpoints_url").string(hub.inference_endpoints_url());
    out.key("user").string(hub.user()).key("token").string(hub.token());
    if (!hub.ca_file().empty()) out.key("ca_file").string(hub.ca_file().string());
    return out.close('}').take() + "\n";
}

} // namespace

std::vector<Seed> seeds_below(const fs::path& folder)
{
    if (!fs::is_directory(folder))
        throw NotADirectoryError(errc::os_error,
                                 folder.string() + " is no folder: name one that holds OWNER/NAME folders.");
    std::vector<Seed> seeds;
    for (const auto& place : folders_in(folder)) {
        // No owner has one of these names: they are parts of the Hub's own URLs.
        const auto name = place.filename().string();
        bool is_kind = false;
        for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space}) {
            if (name != plural(type)) continue;
            is_kind = true;
            for (const auto& owner : folders_in(place))
                add_seeds(seeds, owner, type);
        }
        if (!is_kind) add_seeds(seeds, place, RepoType::model);
    }
    if (seeds.empty())
        throw ValueError(folder.string() +
                         " holds no OWNER/NAME folders, so there is nothing to make repos of.");
    return seeds;
}

std::vector<std::string> seed_missing(Emulator& hub, const std::vector<Seed>& seeds)
{
    std::vector<std::string> there;
    for (const auto& seed : seeds) {
        if (hub.has_repo(seed.repo_id, seed.type))
            there.push_back(std::string(to_string(seed.type)) + " " + seed.repo_id);
        else
            hub.seed_repo(seed.repo_id, seed.folder, seed.type);
    }
    return there;
}

int run_program(const Options& options, const std::vector<Seed>& seeds)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    // The Hub's threads inherit the mask, so that the signal waits for sigwait() below.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    Emulator hub(options);
    auto named = seeds;
    for (auto& seed : named)
        if (seed.repo_id.empty()) seed.repo_id = default_repo_id(hub, options, seed.folder);
    for (const auto& repo : seed_missing(hub, named))
        fmt::print(stderr, "hfasync: the {} is in {} already and stays as it is\n", repo,
                   options.data.string());
    const auto line = first_line(hub);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    hub.stop();
    return 0;
}

} // namespace hfasync::emulator
