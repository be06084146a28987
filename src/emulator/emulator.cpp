#include <condition_variable>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/error.hpp>

#include "emulator/router.hpp"
#include "emulator/wire/server.hpp"
#include "emulator/wire/tls.hpp"

namespace hfasync::emulator {

namespace {

Router hub_router(bool with_control)
{
    Router router;
    if (with_control) add_control_routes(router);
    add_account_routes(router);
    add_repo_routes(router);
    add_user_routes(router);
    add_tag_routes(router);
    add_paper_routes(router);
    add_discussion_routes(router);
    add_collection_routes(router);
    add_webhook_routes(router);
    add_access_routes(router);
    add_space_routes(router);
    add_endpoint_routes(router);
    add_tree_routes(router);
    add_ref_routes(router);
    add_commit_routes(router);
    add_lfs_routes(router);
    add_resolve_routes(router);
    add_git_routes(router);
    add_info_routes(router);
    add_listing_routes(router);
    return router;
}

Router storage_router()
{
    Router router;
    add_storage_routes(router);
    return router;
}

/// A file of its own in the folder for temporary files, mode 0600.
std::filesystem::path write_temporary(const std::string& text)
{
    auto pattern = (std::filesystem::temp_directory_path() / "hfasync-ca-XXXXXX.pem").string();
    const detail::Fd file(::mkstemps(pattern.data(), 4));
    if (!file) detail::throw_errno("creating the CA file", pattern);
    detail::write_all_at(file, std::as_bytes(std::span(text)), 0, pattern);
    return pattern;
}

} // namespace

struct Emulator::State {
    explicit State(Options settings)
        : site(std::move(settings)), hub_routes(hub_router(site.options.control_route)),
          storage_routes(storage_router())
    {
        if (site.options.tls) {
            authority.emplace(make_throwaway_authority());
            ca_file = write_temporary(authority->ca_pem);
        }
        server.emplace(site.options.threads, authority ? &authority->server : nullptr);
        const std::string scheme = authority ? "https://" : "http://";
        site.endpoint = scheme + "127.0.0.1:" + std::to_string(server->listen(site.options.port, hub));
        storage_endpoint =
            scheme + "localhost:" + std::to_string(server->listen(site.options.storage_port, storage));
        site.storage_endpoint = site.options.storage_url.value_or(storage_endpoint);
        while (site.storage_endpoint.ends_with('/'))
            site.storage_endpoint.pop_back();
        const Account& first = site.store.accounts().first();
        user = first.name;
        if (!first.tokens.empty()) token = first.tokens.front().token;
        server->start();
    }

    ~State()
    {
        stop();
        if (!ca_file.empty()) {
            std::error_code ignored;
            std::filesystem::remove(ca_file, ignored);
        }
    }

    void stop()
    {
        {
            const std::lock_guard lock(mutex);
            if (stopped) return;
            stopped = true;
        }
        server->stop();
        site.deliveries.stop();
        site.workers.stop();
        site.workers.join();
        ended.notify_all();
    }

    Site site;
    Router hub_routes, storage_routes;
    SessionShared hub{Origin::hub, [this](Exchange& exchange) { return hub_routes.answer(exchange, site); },
                      site.faults, site.log};
    SessionShared storage{Origin::storage,
                          [this](Exchange& exchange) { return storage_routes.answer(exchange, site); },
                          site.faults, site.log};
    std::optional<ThrowawayAuthority> authority;
    std::string storage_endpoint, user, token;
    std::filesystem::path ca_file;
    std::mutex mutex;
    std::condition_variable ended;
    bool stopped = false;
    std::optional<Server> server; ///< last: its coroutines use all of the above
};

Emulator::Emulator(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Emulator::~Emulator() = default;

const std::string& Emulator::endpoint() const noexcept
{
    return state_->site.endpoint;
}
const std::string& Emulator::storage_endpoint() const noexcept
{
    return state_->storage_endpoint;
}
std::string Emulator::inference_endpoints_url() const
{
    return state_->site.endpoint + "/inference-endpoints/v2";
}
const std::string& Emulator::user() const noexcept
{
    return state_->user;
}
const std::string& Emulator::token() const noexcept
{
    return state_->token;
}
const std::filesystem::path& Emulator::ca_file() const noexcept
{
    return state_->ca_file;
}

namespace {

/// What the store refuses is an argument of the caller here, and not an answer.
template <class Seed>
std::string seeded(RepoType type, std::string_view repo_id, Seed seed)
{
    validate_repo_id(repo_id);
    try {
        return seed();
    } catch (const store::StoreError& refused) {
        throw ValueError(fmt::format("cannot seed the {} {}: {}", to_string(type), repo_id, refused.what()));
    }
}

} // namespace

std::string Emulator::seed_repo(std::string_view repo_id, const std::filesystem::path& folder, RepoType type)
{
    if (!std::filesystem::is_directory(folder))
        throw NotADirectoryError(errc::os_error, fmt::format("cannot seed the {} {}: {} is no folder",
                                                             to_string(type), repo_id, folder.string()));
    return seeded(type, repo_id, [&] { return state_->site.store.seed_folder(type, repo_id, folder); });
}

std::string Emulator::seed_repo(std::string_view repo_id,
                                const std::vector<std::pair<std::string, std::string>>& files, RepoType type)
{
    return seeded(type, repo_id, [&] { return state_->site.store.seed(type, repo_id, files); });
}

bool Emulator::has_repo(std::string_view repo_id, RepoType type) const
{
    return state_->site.store.find(type, repo_id) != nullptr;
}

void Emulator::add_fault(FaultRule rule)
{
    try {
        check_fault_rule(rule);
    } catch (const Refusal& refused) {
        throw ValueError(refused.what());
    }
    state_->site.faults.add(std::move(rule));
}
void Emulator::clear_faults()
{
    state_->site.faults.clear();
}
std::vector<SeenRequest> Emulator::requests() const
{
    return state_->site.log.all_settled(std::chrono::seconds(1));
}
void Emulator::forget_requests()
{
    state_->site.log.forget();
}

std::filesystem::path Emulator::export_git(std::string_view repo_id, const std::filesystem::path& into,
                                           RepoType type) const
{
    state_->site.store.require(type, repo_id)->export_git(into);
    return into;
}

void Emulator::wait()
{
    std::unique_lock lock(state_->mutex);
    state_->ended.wait(lock, [this] { return state_->stopped; });
}

void Emulator::stop()
{
    state_->stop();
}

} // namespace hfasync::emulator
