// A cache server in front of an embedded Hub, a clock that the test moves, and plain requests.
#pragma once

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>

#include "cache_server/server.hpp"
#include "emulator/plain_client.hpp"
#include "support/noise.hpp"
#include "support/temp_folder.hpp"

namespace cache_server::test {

using hfasync::test::Ending;
using hfasync::test::noise;
using hfasync::test::PlainClient;
using hfasync::test::PlainResponse;
using Fields = hfasync::test::Headers;
namespace emulator = hfasync::emulator;

inline const Fields ann{{"Authorization", "Bearer hf_ann"}};
inline const Fields bob{{"Authorization", "Bearer hf_bob"}};
inline const Fields nobody{};
constexpr std::uint64_t mib = 1u << 20;

/// A server with a thread of its own.
class RunningServer {
public:
    explicit RunningServer(const Options& options) : server_(context_, options)
    {
        endpoint_ = server_.endpoint();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~RunningServer() { stop(); }
    void stop()
    {
        if (!thread_.joinable()) return;
        server_.stop();
        thread_.join();
    }
    const std::string& endpoint() const { return endpoint_; }
    const Metrics& metrics() const { return server_.metrics(); }
    Server& server() { return server_; }

private:
    boost::asio::io_context context_{1};
    Server server_;
    std::string endpoint_;
    std::thread thread_;
};

inline emulator::Options hub_options()
{
    emulator::Options options;
    options.lfs_threshold = 100'000;
    options.page_size = 3;
    options.threads = 2;
    emulator::Account ann_account{.name = "ann"};
    ann_account.tokens = {{.token = "hf_ann"}};
    ann_account.memberships = {{.organization = "acme"}};
    emulator::Account bob_account{.name = "bob"};
    bob_account.tokens = {{.token = "hf_bob"}};
    options.accounts = {ann_account, bob_account, {.name = "acme", .is_organization = true}};
    return options;
}

struct CacheFixture {
    hfasync::tests::TempFolder dir;
    std::atomic<std::int64_t> later{0}; ///< seconds that the cache server's clock is ahead
    std::unique_ptr<emulator::Emulator> hub = std::make_unique<emulator::Emulator>(hub_options());
    Options options = default_options();
    std::unique_ptr<RunningServer> server;
    std::string big = noise(2 * mib);
    std::string commit;

    CacheFixture()
    {
        commit = hub->seed_repo("acme/tiny", {{"config.json", "{\"n\": 1}\n"},
                                              {"docs/a b.txt", "spaced\n"},
                                              {"empty.txt", ""},
                                              {"big.bin", big}});
        restart();
        hub->forget_requests();
    }
    Options default_options()
    {
        Options out;
        out.port = 0;
        out.folder = dir.path() / "cache";
        out.max_bytes = 64 * mib;
        out.grace = std::chrono::seconds(20);
        out.upstream.endpoint = hub->endpoint();
        out.upstream.retry = {.max_retries = 1, .base = std::chrono::milliseconds(1)};
        out.upstream.cache.hub_cache = dir.path() / "unused";
        out.clock = [this] { return Clock::now() + std::chrono::seconds(later.load()); };
        return out;
    }
    void restart()
    {
        server.reset();
        server = std::make_unique<RunningServer>(options);
    }
    /// The upstream is gone; its port refuses.
    void unplug() { hub.reset(); }

    PlainResponse ask(std::string_view method, const std::string& target, const Fields& headers = nobody,
                      std::string_view body = {}) const
    {
        return PlainClient(server->endpoint(), 60'000).request(method, target, headers, body);
    }
    PlainResponse get(const std::string& target, const Fields& headers = nobody) const
    {
        return ask("GET", target, headers);
    }
    PlainResponse get(const std::string& target, const Fields& who, const Fields& more) const
    {
        auto all = who;
        all.insert(all.end(), more.begin(), more.end());
        return ask("GET", target, all);
    }
    std::size_t seen(const std::string& method, const std::string& origin = "hub") const
    {
        const auto all = hub->requests();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& request) {
            return request.origin == origin && (method.empty() || request.method == method);
        }));
    }
    std::size_t seen_all() const { return hub->requests().size(); }
    /// GETs of the bytes of files, from wherever they lie.
    std::size_t seen_bodies() const
    {
        const auto all = hub->requests();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& request) {
            return request.method == "GET" && request.status < 300 &&
                   (request.origin == "storage" || request.target.find("/resolve/") != std::string::npos);
        }));
    }
    std::vector<std::filesystem::path> stored() const
    {
        std::vector<std::filesystem::path> out;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(options.folder / "objects"))
            if (entry.is_regular_file()) out.push_back(entry.path());
        return out;
    }

    // What the owner does at the upstream itself.
    template <class F>
    void at_upstream(F&& call)
    {
        hfasync::HubOptions own;
        own.endpoint = hub->endpoint();
        own.token = "hf_ann";
        own.cache.hub_cache = dir.path() / "own";
        hfasync::Hub client(own);
        const hfasync::HfApi api(client);
        client.block_on(call(api));
        hub->forget_requests();
    }
    void upload(const std::string& repo, const std::string& path, const std::string& content)
    {
        at_upstream([&](const hfasync::HfApi& api) { return upload_to(api, repo, path, content); });
    }
    void settings(const std::string& repo, const hfasync::UpdateRepoSettingsOptions& how)
    {
        at_upstream([&](const hfasync::HfApi& api) { return api.update_repo_settings(repo, how); });
    }
    void make_private(const std::string& repo) { settings(repo, {.private_ = true}); }

private:
    static boost::asio::awaitable<void> upload_to(hfasync::HfApi api, std::string repo, std::string path,
                                                  std::string content)
    {
        co_await api.upload_file(hfasync::UploadSource::bytes(content), path, repo);
    }
};

} // namespace cache_server::test
