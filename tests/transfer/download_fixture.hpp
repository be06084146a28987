// An embedded Hub with a repo, and a client with an empty cache.
#pragma once

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/api/downloads.hpp>
#include <hfasync/emulator/emulator.hpp>
#include <hfasync/error.hpp>
#include <hfasync/hub.hpp>

#include "support/noise.hpp"
#include "unit/cache/temp_dir.hpp"

namespace hfasync::test {

/// Time that passes when somebody waits for it.
class EagerClock final : public Clock {
public:
    boost::asio::awaitable<void> sleep_until(Steady::time_point) override
    {
        ++waits;
        co_await boost::asio::post(boost::asio::use_awaitable);
    }
    int waits = 0;
};

struct DownloadFixture {
    TempDir dir;
    emulator::Emulator hub;
    std::shared_ptr<EagerClock> clock = std::make_shared<EagerClock>();
    std::string repo_id = "acme/tiny";
    std::string commit;
    std::vector<std::pair<std::string, std::string>> files{
        {"config.json", "{\"n_layer\": 2}\n"},
        {"data/train.csv", "id,text\n1,a\n"},
        {"empty.txt", ""},
        {"big.bin", noise(12u << 20)},
    };

    DownloadFixture() { commit = hub.seed_repo("acme/tiny", files); }
    /// Another repo, for what follows.
    void use_repo(std::string id, std::vector<std::pair<std::string, std::string>> content)
    {
        repo_id = std::move(id);
        files = std::move(content);
        commit = hub.seed_repo(repo_id, files);
    }

    HubOptions options() const
    {
        HubOptions out;
        out.endpoint = hub.endpoint();
        out.token = hub.token();
        out.cache.hub_cache = dir / "hub";
        out.clock = clock;
        return out;
    }
    const std::string& content(const std::string& path) const
    {
        for (const auto& [name, text] : files)
            if (name == path) return text;
        throw std::out_of_range(path);
    }
    std::filesystem::path get(const std::string& path, HfHubDownloadOptions how = {}, ProgressSink sink = {})
    {
        Hub client(options());
        return client.block_on(
            DownloadsApi(client).hf_hub_download(repo_id, path, std::move(how), std::move(sink)));
    }
    std::filesystem::path snapshot(SnapshotDownloadOptions how = {}, ProgressSink sink = {})
    {
        Hub client(options());
        return client.block_on(
            DownloadsApi(client).snapshot_download(repo_id, std::move(how), std::move(sink)));
    }
    std::size_t requests(const std::string& method, const std::string& origin = "hub") const
    {
        std::size_t count = 0;
        for (const auto& seen : hub.requests())
            if (seen.method == method && seen.origin == origin) ++count;
        return count;
    }
    std::filesystem::path repo() const
    {
        auto name = repo_id;
        name.replace(name.find('/'), 1, "--");
        return dir / "hub" / ("models--" + name);
    }
    std::filesystem::path pointer(const std::string& path) const
    {
        return repo() / "snapshots" / commit / path;
    }
    /// No file with a final name whose bytes are wrong, no lock held, no temporary.
    void check_blobs() const
    {
        if (!std::filesystem::exists(repo() / "blobs")) return;
        for (const auto& entry : std::filesystem::directory_iterator(repo() / "blobs")) {
            const auto name = entry.path().filename().string();
            BOOST_TEST(!name.starts_with(".tmp"), name);
            BOOST_TEST(!name.starts_with(".link"), name);
        }
    }
};

} // namespace hfasync::test
