// What the tests of uploads share: an embedded Hub, a client without waits, files to send.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

#include "support/temp_folder.hpp"

namespace hfasync::tests {

/// Moves no time but what is waited for; waits are over at once.
class InstantClock final : public Clock {
public:
    Steady::time_point now() const override { return Clock::now() + skipped_; }
    Timestamp wall() const override { return Clock::wall(); }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        if (when > now()) skipped_ += when - now();
        co_return;
    }

private:
    Steady::duration skipped_{};
};

inline emulator::Options small_parts()
{
    emulator::Options options;
    options.lfs_threshold = 64u << 10;
    options.multipart_threshold = 1u << 20;
    options.part_size = 512u << 10;
    return options;
}

struct UploadFixture {
    emulator::Emulator server{small_parts()};
    Hub hub{client_options(server)};
    HfApi api{hub};
    TempFolder folder;
    const std::string repo = "acme/uploads";

    static HubOptions client_options(const emulator::Emulator& server)
    {
        HubOptions options;
        options.endpoint = server.endpoint();
        options.token = server.token();
        options.clock = std::make_shared<InstantClock>();
        options.seed = 1;
        return options;
    }

    void make_repo() { hub.block_on(api.create_repo(repo, {})); }

    /// The same bytes for the same seed; no two seeds share content.
    static std::string content(std::size_t size, unsigned seed)
    {
        std::string text(size, '\0');
        std::uint64_t state = seed + 0x9E3779B97F4A7C15ull;
        for (auto& c : text) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            c = static_cast<char>(state >> 56);
        }
        return text;
    }

    std::filesystem::path write(const std::string& name, std::string_view text)
    {
        const auto path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

    /// Files of the repo: "lfs <sha256>" or "blob <git id>" by path, without .gitattributes.
    std::map<std::string, std::string> listing()
    {
        std::map<std::string, std::string> files;
        const auto entries =
            hub.block_on(api.list_repo_tree(repo, ListRepoTreeOptions{.recursive = true}).collect());
        for (const auto& entry : entries)
            if (const auto* file = std::get_if<RepoFile>(&entry); file && file->path != ".gitattributes")
                files[file->path] = file->lfs ? "lfs " + file->lfs->sha256 : "blob " + file->blob_id;
        return files;
    }

    std::size_t seen(std::string_view method, std::string_view part)
    {
        std::size_t n = 0;
        for (const auto& request : server.requests())
            if (request.method == method && request.target.find(part) != std::string::npos) ++n;
        return n;
    }
};

} // namespace hfasync::tests
