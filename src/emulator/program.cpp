#include <hfasync/emulator/program.hpp>

#include <csignal>
#include <cstdio>

#include <pthread.h>

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
    for (const auto& seed : seeds)
        hub.seed_repo(seed.repo_id.empty() ? default_repo_id(hub, options, seed.folder) : seed.repo_id,
                      seed.folder, seed.type);
    const auto line = first_line(hub);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    hub.stop();
    return 0;
}

} // namespace hfasync::emulator
