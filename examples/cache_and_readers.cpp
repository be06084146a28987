// What the cache holds, how to make room, how to check it; and files that are read without being downloaded.
#include <algorithm>
#include <hfasync/hfasync.hpp>
#include <hfasync/transfer/cache_tools.hpp>
#include <hfasync/transfer/remote_file.hpp>
#include <iostream>

namespace asio = boost::asio;

// What would be freed is known before anything is touched.
asio::awaitable<void> remove_detached(hfasync::Hub hub)
{
    auto cache = co_await hfasync::scan_cache_dir(hub);
    std::vector<std::string> unreferenced;
    for (const auto& repo : cache.repos)
        for (const auto& revision : repo.revisions)
            if (revision.refs.empty()) unreferenced.push_back(revision.commit_hash);
    auto strategy = cache.delete_revisions(unreferenced);
    std::cout << "frees " << strategy.expected_freed_size << " bytes\n";
    auto done = co_await hfasync::execute(hub, strategy);
    for (const auto& why : done.kept)
        std::cout << "kept " << why << "\n";
}

asio::awaitable<bool> check(hfasync::Hub hub)
{
    auto result = co_await hfasync::verify_cache(hub, {.repos = "acme/tiny", .delete_bad = true});
    for (const auto& file : result.files)
        if (file.state == hfasync::CacheFileState::mismatch) std::cout << file.path << " was damaged\n";
    co_return result.good();
}

asio::awaitable<void> read_parts(hfasync::Hub hub)
{
    auto file = co_await hfasync::open_file(hub, "acme/tiny", "config.json");
    auto start = co_await file.read(0, 16);
    std::cout << file.size() << " bytes, beginning with " << start << "\n";
}

asio::awaitable<std::uint64_t> count_lines(hfasync::Hub hub)
{
    std::uint64_t lines = 0;
    auto chunks = hfasync::stream_file(hub, "acme/tiny", "README.md");
    while (auto chunk = co_await chunks.next())
        lines += static_cast<std::uint64_t>(std::count(chunk->begin(), chunk->end(), '\n'));
    co_return lines; // only when size and hash of the whole were right
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(hfasync::HfApi(hub).snapshot_download("acme/tiny"));
    hub.block_on(remove_detached(hub));
    hub.block_on(read_parts(hub));
    const auto lines = hub.block_on(count_lines(hub));
    return hub.block_on(check(hub)) && lines > 0 ? 0 : 1;
}
